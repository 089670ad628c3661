import type { Clock } from '#domain/clock.ts';
import { parseDeliveryPath } from '#domain/delivery/path-grammar.ts';
import { elapsed, seconds } from '#domain/units.ts';
import { isPurged, type Purge } from '#protocol/purge.ts';
import type { HttpCache } from '../delivery/http-cache/http-cache.ts';
import type { Settling } from '../delivery/settling.ts';
import { Doorbell } from '../doorbell.ts';
import { failureFacts, type Log } from '../log.ts';
import { yieldToOthers } from '../slices.ts';
import type { AssetName } from '../store/asset.ts';
import type { AssetStore } from '../store/asset-store.ts';
import type { AgentState, AppliedPurge } from './agent-state.ts';
import type { ControlPlane } from './control-plane.ts';

export interface PurgesOptions {
  readonly controlPlane: Pick<ControlPlane, 'purges'>;
  readonly state: Pick<AgentState, 'purges'>;
  readonly store: Pick<AssetStore, 'index' | 'unname' | 'doubt'>;
  readonly httpCache: Pick<HttpCache, 'forget'>;
  readonly clock: Clock;
  readonly log: Log;
  /** One more has been applied: it is to be reported, and what is planned to be filled again. */
  readonly onApplied: () => void;
}

type Name = Pick<AssetName, 'titleId' | 'file'>;

/**
 * For so long CloudFront may still give out what was purged, as its invalidation is under way: what it brings is passed on, and
 * not kept. *Assumption:* a few minutes at most. Source: CloudFront Developer Guide, "Invalidate files", read 2026-11.
 */
export const SETTLING = seconds(600);
/** For a list that could not be fetched, and for purges that have settled. */
const LOOK_EVERY = seconds(5);

/** Applies the purges of the control plane, each once and in their order, and says through which one it has. */
export class Purges implements Settling {
  readonly #options: PurgesOptions;
  readonly #bell: Doorbell;
  #through = 0;
  #announced = 0;
  #recent: readonly AppliedPurge[] = [];

  constructor(options: PurgesOptions) {
    this.#options = options;
    this.#bell = new Doorbell(options.clock);
  }

  /** All purges up to this one have been applied. */
  get through(): number {
    return this.#through;
  }

  /** What was applied before the restart. */
  restore(): void {
    const { through = 0, recent = [] } = this.#options.state.purges.read() ?? {};
    this.#through = through;
    this.#recent = recent;
  }

  /** The newest purge that there is. One whose mark is older is from an instance that has not looked lately. */
  announce(newestPurgeId: number | undefined): void {
    if (newestPurgeId === undefined || newestPurgeId <= this.#announced) return;
    this.#announced = newestPurgeId;
    this.#bell.ring();
  }

  isSettling(name: Name): boolean {
    const now = this.#options.clock.now();
    return this.#recent.some(
      ({ purge, appliedAt }) => elapsed(appliedAt, now) < SETTLING && isPurged(purge, name),
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#bell.wait(LOOK_EVERY, signal);
      this.#settle();
      if (this.#announced > this.#through) await this.#catchUp(signal);
    }
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    const { controlPlane, log } = this.#options;
    try {
      while (this.#announced > this.#through && !signal.aborted) {
        const { purges, oldestPurgeId } = await controlPlane.purges(this.#through);
        if (oldestPurgeId > this.#through + 1) await this.#doubtAll(oldestPurgeId - 1);
        for (const purge of purges) if (!signal.aborted) await this.#apply(purge);
        if (purges.length === 0) return;
      }
    } catch (error) {
      log('purge.failed', failureFacts(error));
    }
  }

  async #apply(purge: Purge): Promise<void> {
    const { store, clock, log } = this.#options;
    // First, so that no transfer that is under way puts back what goes now.
    this.#recent = [...this.#recent, { purge, appliedAt: clock.now() }];
    this.#forgetCached(purge);
    const names = this.#namesHeld(purge);
    await (purge.soft ? store.doubt(names) : store.unname(names));
    const { purgeId, titleId, soft } = purge;
    log('purge.applied', { purgeId, titleId, soft, names: names.length });
    this.#advance(purgeId);
  }

  /** Some purges that were missed are not told any more: nothing that is held is beyond doubt. */
  async #doubtAll(through: number): Promise<void> {
    const { store, httpCache, log } = this.#options;
    httpCache.forget(() => true, 'hard');
    for (const { assetId } of store.index.assets()) {
      await store.doubt(store.index.namesOf(assetId));
      await yieldToOthers();
    }
    log('purge.missed', { through });
    this.#advance(through);
  }

  #advance(through: number): void {
    this.#through = through;
    this.#keep();
    this.#options.onApplied();
  }

  /** Forgets purges that have settled, and once more what the cache in memory has taken meanwhile. */
  #settle(): void {
    const now = this.#options.clock.now();
    const settled = this.#recent.filter(({ appliedAt }) => elapsed(appliedAt, now) >= SETTLING);
    if (settled.length === 0) return;
    for (const { purge } of settled) this.#forgetCached(purge);
    this.#recent = this.#recent.filter((applied) => !settled.includes(applied));
    this.#keep();
  }

  #keep(): void {
    this.#options.state.purges.write({ through: this.#through, recent: this.#recent });
  }

  #forgetCached(purge: Purge): void {
    this.#options.httpCache.forget(
      (path) => {
        const asked = parseDeliveryPath(path);
        return asked?.kind === 'content' && isPurged(purge, asked);
      },
      purge.soft ? 'soft' : 'hard',
    );
  }

  #namesHeld(purge: Purge): Name[] {
    const { index } = this.#options.store;
    return index
      .assetsOfTitle(purge.titleId)
      .flatMap(({ assetId }) => index.namesOf(assetId))
      .filter((name) => isPurged(purge, name));
  }
}
