import type { EpochMs } from '#domain/units.ts';
import type { DsseEnvelope } from '#protocol/dsse.ts';
import type { VerificationKey } from '#protocol/key-set.ts';
import {
  followIntroductions,
  installedPlanKeys,
  type PlanKeyTrust,
} from '#protocol/plan-key-introduction.ts';
import type { AgentState } from '../control/agent-state.ts';
import type { Log } from '../log.ts';

/**
 * The keys whose plans this appliance follows. It begins with those of its configuration, and follows what they
 * introduce. What the control API merely says of keys is not asked: whoever can answer there must not be able to plan.
 */
export class KeptPlanKeys {
  readonly #options: KeptPlanKeysOptions;
  readonly #installed: readonly VerificationKey[];
  #trust: PlanKeyTrust;

  constructor(options: KeptPlanKeysOptions) {
    this.#options = options;
    const begun = installedPlanKeys(options.trustedPlanKeys);
    this.#installed = begun.keys;
    const kept = options.state.planKeyTrust.read();
    // Keys that an operator changed on the appliance come before any that were introduced from others.
    const isSameBeginning = JSON.stringify(kept?.installed) === JSON.stringify(begun.keys);
    this.#trust = kept && isSameBeginning ? kept : begun;
  }

  get keys(): readonly VerificationKey[] {
    return this.#trust.keys;
  }
  /** Of the introduction that was followed last; 0 before any. */
  get issuedAt(): EpochMs {
    return this.#trust.issuedAt;
  }

  /** Follows introductions that are genuine and later than what is known, for good. True when there was one. */
  async follow(introductions: readonly DsseEnvelope[]): Promise<boolean> {
    const { state, log } = this.#options;
    const followed = await followIntroductions(this.#trust, introductions);
    if (followed.issuedAt === this.#trust.issuedAt) {
      if (introductions.length > 0)
        log('fill.plan-keys.refused', { introductions: introductions.length });
      return false;
    }
    state.planKeyTrust.write({ ...followed, installed: this.#installed });
    this.#trust = followed;
    log('fill.plan-keys.introduced', { kids: followed.keys.map(({ kid }) => kid).join(' ') });
    return true;
  }
}

interface KeptPlanKeysOptions {
  readonly trustedPlanKeys: readonly VerificationKey[];
  readonly state: AgentState;
  readonly log: Log;
}
