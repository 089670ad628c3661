import { createHash } from 'node:crypto';
import { CdnError } from '#domain/errors.ts';
import type { AssetId } from '#domain/ids.ts';

/** What is kept of a file that passes through. Assumption: enough for whoever comes within the first moments. */
export const PASSING_BYTES_MAX = 4 * 2 ** 20;

/**
 * A file on its way through memory to one client. Its beginning is kept until that is too much; from then on what the
 * client has read is dropped, and the upstream waits for him.
 *
 *     0 ── dropped ──▶ start ── kept, at most 4 MiB ──▶ received ── yet to come ──▶ size
 */
export class PassingBytes {
  readonly sizeBytes: number;
  readonly #hash = createHash('sha256');
  readonly #chunks: Uint8Array[] = [];
  #start = 0;
  #received = 0;
  #readFrom = 0;
  #isHeld = false;
  #change = Promise.withResolvers<void>();

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  get receivedBytes(): number {
    return this.#received;
  }
  get isComplete(): boolean {
    return this.#received === this.sizeBytes;
  }
  /** Nothing has been dropped: another client can still have all of it. */
  get isWhole(): boolean {
    return this.#start === 0;
  }
  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  /** Resolves when there is room for more, or when {@link hold} has ended. */
  async waitForRoom(): Promise<void> {
    if (this.#isFull()) await this.#change.promise;
  }

  /** @throws CdnError `upstream-invalid` when more comes than was announced. */
  append(chunk: Uint8Array): void {
    if (this.#received + chunk.length > this.sizeBytes)
      throw new CdnError(
        'upstream-invalid',
        `more than the announced ${this.sizeBytes} bytes came`,
      );
    this.#hash.update(chunk);
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    this.#drop();
  }

  /** @throws CdnError `digest-mismatch`, and `upstream-invalid` when bytes are missing. */
  verify(expected: AssetId | undefined): AssetId {
    if (!this.isComplete)
      throw new CdnError(
        'upstream-invalid',
        `expected ${this.sizeBytes} bytes, received ${this.#received}`,
      );
    const assetId = this.#hash.digest('hex') as AssetId;
    if (expected !== undefined && assetId !== expected)
      throw new CdnError('digest-mismatch', `expected SHA-256 ${expected}, received ${assetId}`);
    return assetId;
  }

  /** What lies before `position` is not asked for again. */
  askFrom(position: number): void {
    this.#readFrom = position;
    this.#drop();
  }

  /** Reads what is kept. */
  read(buffer: Uint8Array, position: number): number {
    this.askFrom(position);
    let chunkStart = this.#start;
    for (const chunk of this.#chunks) {
      if (position < chunkStart + chunk.length) {
        const part = chunk.subarray(position - chunkStart).subarray(0, buffer.length);
        buffer.set(part);
        return part.length;
      }
      chunkStart += chunk.length;
    }
    return 0;
  }

  /** Keeps all that is there, until {@link letGo}. */
  hold(): void {
    this.#isHeld = true;
  }
  letGo(): void {
    this.#isHeld = false;
    this.#drop();
    this.#wake();
  }

  #isFull(): boolean {
    return this.#received - this.#start >= PASSING_BYTES_MAX;
  }

  /** Drops what was read, but only once that is needed. */
  #drop(): void {
    if (this.#isHeld || this.#received - this.#start < PASSING_BYTES_MAX) return;
    for (let first = this.#chunks[0]; first; first = this.#chunks[0]) {
      if (this.#start + first.length > this.#readFrom) break;
      this.#start += first.length;
      this.#chunks.shift();
    }
    if (!this.#isFull()) this.#wake();
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
