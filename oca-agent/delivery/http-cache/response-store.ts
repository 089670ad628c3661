import type { FieldLines } from '#domain/http-cache/field-lines.ts';
import type { Bytes } from '#domain/units.ts';
import type { StoredResponse } from './stored-response.ts';

/** One body takes no more than this share of the room. */
const BODY_SHARE = 1 / 8;
/** Variants of one path; the oldest goes. Assumption: enough for a few languages, too few to crowd others out. */
const VARIANTS_MAX = 16;

/**
 * Responses in memory by path, never more than so many bytes: who was not asked for longest goes first, but not while it is
 * still arriving.
 */
export class ResponseStore {
  readonly #sizeBytesMax: Bytes;
  readonly #variantsByPath = new Map<string, StoredResponse[]>();
  /** In the order of their last use. */
  readonly #sizes = new Map<StoredResponse, number>();
  #usedBytes = 0;

  constructor(sizeBytesMax: Bytes) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }
  get bodyBytesMax(): number {
    return this.#sizeBytesMax * BODY_SHARE;
  }

  has(path: string): boolean {
    return this.#variantsByPath.has(path);
  }

  /** The newest response that fits the request. */
  select(path: string, request: FieldLines): StoredResponse | undefined {
    const variants = this.#variantsByPath.get(path) ?? [];
    const found = variants.findLast((variant) => variant.matches(request));
    const size = found && this.#sizes.get(found);
    if (!found || size === undefined) return undefined;
    this.#sizes.delete(found);
    this.#sizes.set(found, size);
    return found;
  }

  /** Adds a response whose body has yet to come, in place of the one for the same requests. False: no room. */
  add(stored: StoredResponse): boolean {
    const variants = this.#variantsByPath.get(stored.path) ?? [];
    for (const old of variants.filter((variant) => stored.replaces(variant))) this.remove(old);
    const [oldest, ...others] = this.#variantsByPath.get(stored.path) ?? [];
    if (oldest && others.length + 1 >= VARIANTS_MAX) this.remove(oldest);
    this.#sizes.set(stored, 0);
    this.#variantsByPath.set(stored.path, [
      ...(this.#variantsByPath.get(stored.path) ?? []),
      stored,
    ]);
    return this.takeRoom(stored, stored.headerBytes + (stored.body.announcedBytes ?? 0));
  }

  /** Gives a response more room. False: there is none for it, and it is gone. */
  takeRoom(stored: StoredResponse, sizeBytes: number): boolean {
    const heldBytes = this.#sizes.get(stored);
    if (heldBytes === undefined) return false;
    const neededBytes = heldBytes + sizeBytes;
    const isTooLarge = neededBytes > this.bodyBytesMax + stored.headerBytes;
    if (isTooLarge || !this.#makeRoom(stored, sizeBytes)) {
      this.remove(stored);
      return false;
    }
    this.#sizes.set(stored, neededBytes);
    this.#usedBytes += sizeBytes;
    return true;
  }

  remove(stored: StoredResponse): void {
    const sizeBytes = this.#sizes.get(stored);
    if (sizeBytes === undefined) return;
    this.#sizes.delete(stored);
    this.#usedBytes -= sizeBytes;
    const left = (this.#variantsByPath.get(stored.path) ?? []).filter((other) => other !== stored);
    if (left.length === 0) this.#variantsByPath.delete(stored.path);
    else this.#variantsByPath.set(stored.path, left);
  }

  /** All responses of the paths that `isMeant`. */
  matching(isMeant: (path: string) => boolean): StoredResponse[] {
    return [...this.#sizes.keys()].filter(({ path }) => isMeant(path));
  }

  #makeRoom(forWhom: StoredResponse, sizeBytes: number): boolean {
    for (const victim of this.#sizes.keys()) {
      if (this.#usedBytes + sizeBytes <= this.#sizeBytesMax) return true;
      if (victim !== forWhom && victim.body.isComplete) this.remove(victim);
    }
    return this.#usedBytes + sizeBytes <= this.#sizeBytesMax;
  }
}
