import { type ByteSpan, contentRange } from '#domain/delivery/byte-range.ts';
import { appendCacheStatus } from '#domain/delivery/cache-status.ts';
import { CdnError } from '#domain/errors.ts';
import type { Bytes } from '#domain/units.ts';
import { answerFrom, type CacheAnswer, type Found } from './answer.ts';
import { ByteLru } from './byte-lru.ts';
import { type CachedObject, ObjectShelf } from './cached-object.ts';
import type { FillSource } from './fill.ts';
import { staleIfErrorSeconds, storageOf } from './freshness.ts';
import type { CacheRequest, CacheResponse, Upstream } from './messages.ts';
import { objectOf, storedFields } from './stored-answer.ts';
import { objectRequest, spanRequest } from './upstream-request.ts';

export interface CacheLayerOptions {
  /** What it calls itself in `Cache-Status`. */
  readonly name: 'cloudfront' | 'shield';
  readonly bytesMax: Bytes;
  readonly upstream: Upstream;
  /** Seconds for which an error of a status is kept. */
  readonly errorTtlSeconds: (status: number) => number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * One cache of CloudFront's: that of an edge location, or an origin shield. It asks its upstream once for what many ask
 * of it, keeps answers as the cache policy of their behavior says, and hands bytes on as they arrive.
 */
export class CacheLayer {
  readonly #options: CacheLayerOptions;
  readonly #shelf: ObjectShelf;
  readonly #fetchByKey = new Map<string, Promise<Found>>();
  #invalidations = 0;

  constructor(options: CacheLayerOptions) {
    this.#options = options;
    this.#shelf = new ObjectShelf(new ByteLru(options.bytesMax));
  }

  /** The bytes that it holds now. */
  get sizeBytes(): number {
    return this.#shelf.lru.sizeBytes;
  }

  /** Forgets what it holds of the paths that `isMeant`; what is on its way now is given out, and not kept. */
  invalidate(isMeant: (path: string) => boolean): void {
    this.#invalidations += 1;
    this.#fetchByKey.clear();
    for (const key of this.#shelf.keys()) if (isMeant(pathIn(key))) this.#shelf.drop(key);
  }

  /** @throws CdnError when an answer's bytes cannot be had. */
  async fetch(request: CacheRequest): Promise<CacheAnswer> {
    if (request.method === 'OPTIONS') return this.#pass(request);
    const found = await this.#find(request);
    const cache = { name: this.#options.name, nowMs: this.#options.now() };
    const answer = await answerFrom(found, request, cache);
    if (!found.isStored) answer.body?.once('close', () => found.object.evict());
    return answer;
  }

  /** No cache policy of ours has answers to OPTIONS kept. */
  async #pass(request: CacheRequest): Promise<CacheAnswer> {
    const answer = await this.#options.upstream(request);
    const own = { cache: this.#options.name, outcome: 'bypass' } as const;
    return { ...answer, own, cacheStatus: appendCacheStatus(answer.cacheStatus, own) };
  }

  async #find(request: CacheRequest): Promise<Found> {
    const key = keyOf(request);
    const here = this.#shelf.find(key);
    if (here?.isFresh(this.#options.now())) return { object: here, how: 'here', isStored: true };
    const underWay = this.#fetchByKey.get(key);
    if (underWay) {
      const found = await underWay;
      if (found.isStored) return { ...found, how: found.how === 'fetched' ? 'joined' : found.how };
      // What may not be stored may not be shared either.
      return this.#refresh(request, here);
    }
    const fetching = this.#refresh(request, here);
    this.#fetchByKey.set(key, fetching);
    try {
      return await fetching;
    } finally {
      if (this.#fetchByKey.get(key) === fetching) this.#fetchByKey.delete(key);
    }
  }

  /** Asks the upstream for an object, or whether the one that is here is still good. */
  async #refresh(request: CacheRequest, stale: CachedObject | undefined): Promise<Found> {
    const asked = objectRequest(request, stale);
    const invalidations = this.#invalidations;
    const answer = await this.#ask(asked);
    const mayKeep = invalidations === this.#invalidations;
    if (stale && answer.status === 304) {
      answer.body?.resume();
      // An entity tag that confirms is the one that was asked about, if in its strong form.
      const { etag: _, ...confirmed } = answer.fields;
      this.#renew(stale, asked, { ...answer, fields: { ...stale.fields, ...confirmed } });
      return { object: stale, how: 'confirmed', isStored: true, cacheStatus: answer.cacheStatus };
    }
    if (stale && answer.status >= 500 && this.#mayStandIn(stale, request)) {
      answer.body?.destroy();
      stale.prolong(this.#options.errorTtlSeconds(answer.status), this.#options.now());
      return { object: stale, how: 'stale', isStored: true };
    }
    return this.#take(asked, answer, mayKeep);
  }

  async #take(asked: CacheRequest, answer: CacheResponse, mayKeep: boolean): Promise<Found> {
    const key = keyOf(asked);
    const object = await objectOf(asked, answer, {
      shelf: this.#shelf,
      key,
      fetchSpan: (made, span) => this.#fetchSpan(asked, made, span),
    });
    const isStorable = this.#renew(object, asked, answer) && mayKeep;
    // The body of an error does not come with the answer to a HEAD.
    const isStored = isStorable && !(asked.method === 'HEAD' && answer.status >= 300);
    if (isStored) this.#shelf.keep(object);
    else this.#shelf.drop(key);
    return { object, how: 'fetched', isStored, cacheStatus: answer.cacheStatus };
  }

  /** Dates an object by the answer that made or confirmed it. Says whether it may be stored. */
  #renew(object: CachedObject, request: CacheRequest, answer: CacheResponse): boolean {
    const nowMs = this.#options.now();
    const { isStorable, ttlSeconds } = storageOf(
      { status: object.status, fields: answer.fields },
      request.behavior.cachePolicy,
      { errorTtlSeconds: this.#options.errorTtlSeconds(object.status), nowMs },
    );
    const ageSeconds = Number(/^\d{1,10}$/.exec(answer.fields.age ?? '')?.[0] ?? 0);
    const fields = object.status === answer.status ? {} : storedFields(answer.fields);
    object.renew({ fields, ageSeconds, ttlSeconds, nowMs });
    return isStorable;
  }

  async #fetchSpan(asked: CacheRequest, object: CachedObject, span: ByteSpan): Promise<FillSource> {
    const answer = await this.#ask(spanRequest(asked, span, object.etag));
    const expected = contentRange(span, object.contentBytes);
    if (answer.status === 206 && answer.body && answer.fields['content-range'] === expected) {
      return { body: answer.body, cacheStatus: answer.cacheStatus };
    }
    answer.body?.destroy();
    // The object was replaced at the origin, or is not to be had: the next request asks anew.
    if (answer.status < 500) this.#shelf.drop(object.key);
    const code = answer.status === 504 ? 'upstream-timeout' : 'upstream-invalid';
    const details = { status: answer.status };
    throw new CdnError(code, 'the upstream did not give a part of an object', { details });
  }

  /** The upstream stores what came from the origin, whatever encoding it is given in here. */
  #ask(request: CacheRequest): Promise<CacheResponse> {
    return this.#options.upstream({ ...request, encodings: '' });
  }

  #mayStandIn(stale: CachedObject, { behavior }: CacheRequest): boolean {
    const limit = staleIfErrorSeconds(stale.fields, behavior.cachePolicy);
    return stale.status < 400 && stale.staleSeconds(this.#options.now()) <= limit;
  }
}

const keyOf = (request: CacheRequest): string => `${request.key}\n${request.encodings}`;

/** Of a key's lines, the path alone begins with a slash. */
const pathIn = (key: string): string => key.split('\n').find((line) => line.startsWith('/')) ?? '';
