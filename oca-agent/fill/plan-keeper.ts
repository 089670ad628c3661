import type { Clock } from '#domain/clock.ts';
import type { OcaId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import type { DsseEnvelope } from '#protocol/dsse.ts';
import { acceptFillPlan, type FillPlan } from '#protocol/fill-plan.ts';
import { importKeys, type VerificationKey } from '#protocol/key-set.ts';
import type { AgentState } from '../control/agent-state.ts';
import type { Log } from '../log.ts';
import type { AssetStore } from '../store/asset-store.ts';
import { KeptPlanKeys } from './kept-plan-keys.ts';

/**
 * Keeps the plan in force: signed by a key of this appliance's configuration or one that such a key introduced, meant for
 * this OCA, never older than one that was in force.
 */
export class PlanKeeper {
  /** The plan in force; undefined before the first. */
  plan: FillPlan | undefined;
  /** Why the last plan that was offered is not in force. */
  refusal: string | undefined;
  readonly trust: KeptPlanKeys;
  readonly #options: PlanKeeperOptions;
  #planVersion: number;

  constructor(options: PlanKeeperOptions) {
    this.#options = options;
    this.trust = new KeptPlanKeys(options);
    this.#planVersion = options.state.planVersion.read() ?? 0;
  }

  get planVersion(): number {
    return this.#planVersion;
  }

  /** Puts the plan of the last run in force again. One that has expired since still pins what it names. */
  async restore(): Promise<void> {
    const envelope = this.#options.state.plan.read();
    if (!envelope) return;
    const verdict = await this.#judge(envelope, epochMs(0));
    if (verdict.ok) await this.#enforce(verdict.plan);
    else this.#options.log('fill.plan.unreadable', { refusal: verdict.refusal });
  }

  /** Accepts or refuses a plan. True when it is in force and was not before. */
  async offer(envelope: DsseEnvelope): Promise<boolean> {
    const { log, state, clock } = this.#options;
    const verdict = await this.#judge(envelope, clock.now());
    this.refusal = verdict.ok ? undefined : verdict.refusal;
    if (!verdict.ok) {
      log('fill.plan.refused', { refusal: verdict.refusal });
      return false;
    }
    const { plan } = verdict;
    if (this.plan?.planVersion === plan.planVersion) return false;
    state.plan.write(envelope);
    state.planVersion.write(plan.planVersion);
    this.#planVersion = plan.planVersion;
    await this.#enforce(plan);
    log('fill.plan.accepted', { planVersion: plan.planVersion, items: plan.items.length });
    return true;
  }

  async #judge(envelope: DsseEnvelope, now: FillPlan['issuedAt']) {
    return acceptFillPlan(envelope, {
      trustedKeys: await importKeys(this.trust.keys, 'fill-plan'),
      ocaId: this.#options.ocaId,
      planVersionInForce: this.#planVersion,
      now,
    });
  }

  async #enforce(plan: FillPlan): Promise<void> {
    this.plan = plan;
    await this.#options.store.setPlan(plan.items);
  }
}

interface PlanKeeperOptions {
  readonly ocaId: OcaId;
  readonly trustedPlanKeys: readonly VerificationKey[];
  readonly state: AgentState;
  readonly store: AssetStore;
  readonly clock: Clock;
  readonly log: Log;
}
