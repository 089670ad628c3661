import type { AssetId } from '#domain/ids.ts';
import type { AssetStore } from '../store/asset-store.ts';
import type { AssetVerifier } from './asset-verifier.ts';
import type { Pace } from './upkeep-pace.ts';
import type { UpkeepTask } from './upkeep-task.ts';

/** So many wait to be looked at; the scrub finds the others. */
const WAITING_MAX = 1000;

/**
 * Looks at assets that a reader did not get whole from a disk that works, so that the next one need not run into the same
 * bad sector: each is verified, and told from parity or filled again.
 */
export class MendUnreadable implements UpkeepTask {
  readonly name = 'repair';
  readonly #store: AssetStore;
  readonly #verifier: AssetVerifier;
  readonly #pace: Pace;
  readonly #waiting = new Set<AssetId>();

  constructor(options: {
    readonly store: AssetStore;
    readonly verifier: AssetVerifier;
    readonly pace: Pace;
  }) {
    this.#store = options.store;
    this.#verifier = options.verifier;
    this.#pace = options.pace;
  }

  note(assetId: AssetId): void {
    if (this.#waiting.size < WAITING_MAX) this.#waiting.add(assetId);
  }

  /** Looks at one asset. */
  async step(signal: AbortSignal): Promise<boolean> {
    const [assetId] = this.#waiting;
    if (assetId === undefined) return false;
    const asset = this.#store.index.asset(assetId);
    if (asset) await this.#verifier.verify([asset], this.#pace, signal);
    if (!signal.aborted) this.#waiting.delete(assetId);
    return this.#waiting.size > 0 && !signal.aborted;
  }
}
