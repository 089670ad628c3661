import { createHash, type Hash } from 'node:crypto';
import { CdnError } from '#domain/errors.ts';
import type { AssetId } from '#domain/ids.ts';
import { type Bytes, bytes } from '#domain/units.ts';
import type { OpenFile } from '../platform/file-system.ts';
import { ChunkHasher } from './chunk-hashes.ts';
import type { Volume } from './volume.ts';

/**
 * No more than twice this waits in memory to be written: the system would let tens of gigabytes wait, and whoever syncs them
 * at the end keeps the disk from everybody for minutes, and is taken for hung. Assumption: a second of an hdd's writing.
 */
const SYNC_EVERY_BYTES = 256 * 2 ** 20;

/**
 * One asset on its way onto a disk. Bytes are appended and hashed as they come; nobody can find the asset before
 * {@link verify} has said yes and the store has published it. Whoever watches it grow may read what is there.
 */
export class AssetWriter {
  readonly volume: Volume;
  readonly sizeBytes: Bytes;
  readonly path: string;
  readonly giveRoomBack: () => void;
  #receivedBytes = 0;
  #syncBeforeBytes = SYNC_EVERY_BYTES;
  /** One is under way while more comes. What it fails with is told by the next. */
  #syncing: Promise<void> = Promise.resolve();
  #isOpen = true;
  #readers = 0;
  readonly #file: OpenFile;
  readonly #hash: Hash = createHash('sha256');
  readonly #chunkHasher = new ChunkHasher();
  readonly #closed = Promise.withResolvers<void>();

  constructor(options: {
    readonly volume: Volume;
    readonly sizeBytes: Bytes;
    readonly partial: { readonly path: string; readonly file: OpenFile };
    /** Gives the room back that was promised. */
    readonly giveRoomBack: () => void;
  }) {
    this.volume = options.volume;
    this.sizeBytes = options.sizeBytes;
    this.path = options.partial.path;
    this.giveRoomBack = options.giveRoomBack;
    this.#file = options.partial.file;
  }

  get receivedBytes(): Bytes {
    return bytes(this.#receivedBytes);
  }
  /** Of all that was received; ask once it is complete. */
  get chunkHashes(): readonly string[] {
    return this.#chunkHasher.finish();
  }
  /** Resolves when neither the transfer nor a reader needs the file any more. */
  get whenClosed(): Promise<void> {
    return this.#closed.promise;
  }
  get isComplete(): boolean {
    return this.#receivedBytes === this.sizeBytes;
  }

  /**
   * @throws CdnError `upstream-invalid` when more comes than was announced; `disk-failed`, `disk-full`, `disk-busy`,
   * `disk-read-only`, and then the writer is good for nothing more.
   */
  async append(chunk: Uint8Array): Promise<void> {
    if (this.#receivedBytes + chunk.length > this.sizeBytes)
      throw new CdnError(
        'upstream-invalid',
        `more than the announced ${this.sizeBytes} bytes came`,
      );
    // The disk writes while we hash.
    const written = this.volume.run(() => this.#file.write(chunk, this.#receivedBytes));
    this.#hash.update(chunk);
    this.#chunkHasher.update(chunk);
    await written;
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes >= this.#syncBeforeBytes) await this.#syncSome();
  }

  /**
   * The id of what was received, once. @throws CdnError `digest-mismatch` when it is not `expected`, `upstream-invalid`
   * when bytes are missing.
   */
  verify(expected: AssetId | undefined): AssetId {
    if (!this.isComplete)
      throw new CdnError(
        'upstream-invalid',
        `expected ${this.sizeBytes} bytes, received ${this.#receivedBytes}`,
      );
    const assetId = this.#hash.digest('hex') as AssetId;
    if (expected !== undefined && assetId !== expected)
      throw new CdnError('digest-mismatch', `expected SHA-256 ${expected}, received ${assetId}`);
    return assetId;
  }

  async sync(): Promise<void> {
    await this.#syncing;
    await this.volume.run(() => this.#file.sync());
  }

  /** Opens the growing file to one more reader. Pair it with {@link release}. */
  retain(): void {
    this.#readers += 1;
  }
  read(buffer: Uint8Array, position: number): Promise<number> {
    return this.volume.run(() => this.#file.read(buffer, position));
  }
  async release(): Promise<void> {
    this.#readers -= 1;
    await this.#closeWhenUnused();
  }

  /** Ends the writing. Readers keep the file open. */
  async finish(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#closeWhenUnused();
  }

  async #syncSome(): Promise<void> {
    this.#syncBeforeBytes += SYNC_EVERY_BYTES;
    await this.#syncing;
    this.#syncing = this.volume.run(() => this.#file.sync());
    this.#syncing.catch(() => undefined);
  }

  async #closeWhenUnused(): Promise<void> {
    if (this.#isOpen || this.#readers > 0) return;
    await this.#file.close().catch(() => undefined);
    this.#closed.resolve();
  }
}
