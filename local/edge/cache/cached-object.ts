import { Readable } from 'node:stream';
import type { ByteSpan } from '#domain/delivery/byte-range.ts';
import type { ByteLru, Resident } from './byte-lru.ts';
import type { Fields } from './messages.ts';
import type { OpenSpan, SparseBody } from './sparse-body.ts';

/** What an object's fields are taken to weigh in the cache, whatever they weigh. Assumption: a kilobyte. */
const HEAD_BYTES = 1024;

/** Bytes that are here as a whole: an error's body, or one that was compressed here. */
export interface WholeBody {
  readonly bytes: Buffer;
}

export interface ObjectParts {
  readonly key: string;
  readonly status: number;
  readonly fields: Fields;
  readonly body: SparseBody | WholeBody;
  readonly failoverStatus?: number | undefined;
}

/** An answer of the upstream that may be given out again, with its bytes as far as they are here. */
export class CachedObject implements Resident {
  readonly key: string;
  readonly status: number;
  readonly body: SparseBody | WholeBody;
  /** See {@link CacheResponse.failoverStatus}. */
  readonly failoverStatus: number | undefined;
  readonly #left: () => void;
  #fields: Fields;
  /** Epoch milliseconds. */
  #freshUntil = 0;
  /** Epoch milliseconds: an age of 0. */
  #bornAt = 0;

  constructor(answer: ObjectParts, left: () => void) {
    this.key = answer.key;
    this.status = answer.status;
    this.body = answer.body;
    this.failoverStatus = answer.failoverStatus;
    this.#fields = answer.fields;
    this.#left = left;
  }

  get fields(): Fields {
    return this.#fields;
  }

  get sizeBytes(): number {
    return HEAD_BYTES + ('bytes' in this.body ? this.body.bytes.length : 0);
  }

  /** The length of the representation. */
  get contentBytes(): number {
    return 'bytes' in this.body ? this.body.bytes.length : this.body.sizeBytes;
  }

  get etag(): string | undefined {
    return this.#fields.etag;
  }

  ageSeconds(nowMs: number): number {
    return Math.max(0, Math.floor((nowMs - this.#bornAt) / 1000));
  }

  isFresh(nowMs: number): boolean {
    return nowMs < this.#freshUntil;
  }

  /** Seconds since it was fresh. */
  staleSeconds(nowMs: number): number {
    return Math.max(0, (nowMs - this.#freshUntil) / 1000);
  }

  /** Takes over what an answer that made or confirmed this object says of it. */
  renew(answer: { fields: Fields; ageSeconds: number; ttlSeconds: number; nowMs: number }): void {
    this.#fields = { ...this.#fields, ...answer.fields };
    this.#bornAt = answer.nowMs - answer.ageSeconds * 1000;
    this.#freshUntil = this.#bornAt + answer.ttlSeconds * 1000;
  }

  /** Lets it count as fresh for a while, though the upstream could not confirm it. */
  prolong(seconds: number, nowMs: number): void {
    this.#freshUntil = nowMs + seconds * 1000;
  }

  open(span: ByteSpan): Promise<OpenSpan> {
    if (!('bytes' in this.body)) return this.body.open(span);
    const { first, last } = span;
    const stream = Readable.from([this.body.bytes.subarray(first, last + 1)], {
      objectMode: false,
    });
    return Promise.resolve({ stream, supply: undefined });
  }

  /** To be called where an answer takes none of its bytes: a fetch that was begun for them ends. */
  release(): void {
    if (!('bytes' in this.body)) this.body.release();
  }

  evict(): void {
    if (!('bytes' in this.body)) this.body.clear();
    this.#left();
  }
}

/** A cache's objects by key, and the room that they share. */
export class ObjectShelf {
  readonly lru: ByteLru;
  readonly #objectByKey = new Map<string, CachedObject>();

  constructor(lru: ByteLru) {
    this.lru = lru;
  }

  find(key: string): CachedObject | undefined {
    const object = this.#objectByKey.get(key);
    if (object) this.lru.touch(object);
    return object;
  }

  make(answer: ObjectParts): CachedObject {
    const object: CachedObject = new CachedObject(answer, () => {
      if (this.#objectByKey.get(object.key) === object) this.#objectByKey.delete(object.key);
    });
    return object;
  }

  /** Puts an object in the place of the one of its key. */
  keep(object: CachedObject): void {
    this.drop(object.key);
    this.#objectByKey.set(object.key, object);
    this.lru.admit(object);
  }

  keys(): string[] {
    return [...this.#objectByKey.keys()];
  }

  drop(key: string): void {
    const object = this.#objectByKey.get(key);
    if (!object) return;
    this.lru.remove(object);
    object.evict();
  }
}
