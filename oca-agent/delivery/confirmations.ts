import type { Clock } from '#domain/clock.ts';
import { type EpochMs, elapsed, seconds } from '#domain/units.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { NamedAsset } from '../store/asset.ts';
import type { AssetStore } from '../store/asset-store.ts';
import { LruMap } from './lru-map.ts';
import type { Settling } from './settling.ts';
import { saidAssetId, UPSTREAM_SILENCE_MAX } from './upstream.ts';

export interface ConfirmationsOptions {
  readonly store: Pick<AssetStore, 'bind'>;
  readonly purges: Settling;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
}

/** While an upstream may still say what was purged, its word holds for so long. */
const SETTLING_WORD = seconds(5);
const NAMES_MAX = 10_000;

/** Asks the upstream whether a name still means what is held; once for all who ask in the same moment. */
export class Confirmations {
  readonly #options: ConfirmationsOptions;
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #confirmedAt = new LruMap<string, EpochMs>(NAMES_MAX);

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
  }

  /** False when it means something else, or the upstream did not say. Never rejects. */
  confirm(held: NamedAsset, url: () => string): Promise<boolean> {
    const key = `${held.titleId}/${held.file}/${held.assetId}`;
    const confirmedAt = this.#confirmedAt.get(key);
    const { clock } = this.#options;
    if (confirmedAt !== undefined && elapsed(confirmedAt, clock.now()) < SETTLING_WORD)
      return Promise.resolve(true);
    const running = this.#running.get(key);
    if (running) return running;
    const asking = this.#ask(held, url)
      .then(async (isSame) => {
        if (isSame) await this.#note(held, key);
        return isSame;
      })
      .catch(() => false)
      .finally(() => this.#running.delete(key));
    this.#running.set(key, asking);
    return asking;
  }

  async #ask(held: NamedAsset, url: () => string): Promise<boolean> {
    const { httpClient } = this.#options;
    const silenceMax = UPSTREAM_SILENCE_MAX;
    const response = await httpClient.send({ method: 'HEAD', url: url(), silenceMax });
    response.discard();
    if (response.status !== 200) return false;
    const assetId = saidAssetId(response);
    return assetId === undefined ? response.headers.etag === held.etag : assetId === held.assetId;
  }

  async #note(held: NamedAsset, key: string): Promise<void> {
    const { store, purges, clock } = this.#options;
    const { titleId, file, etag, contentType } = held;
    const now = clock.now();
    if (purges.isSettling(held)) this.#confirmedAt.set(key, now);
    else await store.bind(held.assetId, [{ titleId, file, etag, contentType, fetchedAt: now }]);
  }
}
