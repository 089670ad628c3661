import { type Bytes, bytes } from '#domain/units.ts';
import type { Log } from '../origin/program.ts';
import type { Credentials } from '../origin/wire/sigv4.ts';
import { CacheLayer } from './cache/cache-layer.ts';
import type { CacheRequest, CacheResponse } from './cache/messages.ts';
import { type Distribution, ERROR_TTL_DEFAULT_SECONDS } from './distribution/distribution.ts';
import { EdgeFunctions } from './functions/edge-functions.ts';
import { withFailover } from './origin/failover.ts';
import { OriginClient } from './origin/origin-client.ts';
import { failureAnswer, fetchFromOrigin } from './origin/origin-fetch.ts';
import type { EdgeLocationParts } from './viewer-exchange.ts';

export interface EdgeNetworkOptions {
  readonly distribution: Distribution;
  /** Where the S3 server is that has a bucket. */
  readonly originUrlFor: (bucketName: string, region: string) => string;
  readonly credentials: Credentials;
  /** Of each cache: every edge location and every shield has one. */
  readonly cacheBytesMax: Bytes;
  readonly log: Log;
  /** The time that lifetimes in the caches are judged by: epoch milliseconds. */
  readonly now: () => number;
}

/**
 * What the edge locations of a distribution share: its functions, its origin shields, one a region, and its origins.
 *
 *     edge location ─► failover ─┬─► shield of the first origin's region  ─► first origin
 *     edge location ─►           └─► shield of the second origin's region ─► second origin
 */
export class EdgeNetwork {
  readonly #options: EdgeNetworkOptions;
  readonly #functions: EdgeFunctions;
  readonly #client: OriginClient;
  readonly #shieldByRegion = new Map<string, CacheLayer>();
  readonly #locations: CacheLayer[] = [];
  readonly #fetchesByOriginId = new Map<string, number>();

  constructor(options: EdgeNetworkOptions) {
    this.#options = options;
    this.#functions = new EdgeFunctions(options.distribution, options.log);
    this.#client = new OriginClient(options);
  }

  /** A new edge location, with a cache of its own. */
  openLocation(): EdgeLocationParts & { readonly cache: CacheLayer } {
    const { distribution } = this.#options;
    const cache = this.#cache('cloudfront', (request) =>
      withFailover(request, (single) => this.#askOrigin(single)),
    );
    this.#locations.push(cache);
    const fetch = (request: CacheRequest) => cache.fetch(request);
    return { distribution, functions: this.#functions, fetch, cache };
  }

  /** Has every edge location and every shield forget the paths that `isMeant`. */
  invalidate(isMeant: (path: string) => boolean): void {
    for (const cache of [...this.#shieldByRegion.values(), ...this.#locations])
      cache.invalidate(isMeant);
  }

  /** Requests that reached each origin. */
  originFetches(): Record<string, number> {
    return Object.fromEntries(this.#fetchesByOriginId);
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.#functions.close();
  }

  #askOrigin(request: CacheRequest): Promise<CacheResponse> {
    const [origin] = request.origins;
    const key = `${origin?.id}\n${request.key}`;
    if (origin?.shieldRegion === undefined) return this.#fetchFromOrigin(request);
    return this.#shield(origin.shieldRegion)
      .fetch({ ...request, key })
      .catch(failureAnswer);
  }

  #shield(region: string): CacheLayer {
    const known = this.#shieldByRegion.get(region);
    if (known) return known;
    const shield = this.#cache('shield', (request) => this.#fetchFromOrigin(request));
    this.#shieldByRegion.set(region, shield);
    return shield;
  }

  #fetchFromOrigin(request: CacheRequest): Promise<CacheResponse> {
    return fetchFromOrigin(request, {
      client: this.#client,
      functions: this.#functions,
      onFetch: ({ id }) => {
        this.#fetchesByOriginId.set(id, (this.#fetchesByOriginId.get(id) ?? 0) + 1);
      },
    });
  }

  #cache(
    name: 'cloudfront' | 'shield',
    upstream: (request: CacheRequest) => Promise<CacheResponse>,
  ) {
    const { cacheBytesMax, distribution, now } = this.#options;
    return new CacheLayer({
      name,
      bytesMax: bytes(cacheBytesMax),
      upstream,
      errorTtlSeconds: (status) =>
        distribution.errorTtlSecondsByStatus.get(status) ?? ERROR_TTL_DEFAULT_SECONDS,
      now,
    });
  }
}
