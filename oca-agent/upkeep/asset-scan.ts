import { createHash, type Hash } from 'node:crypto';
import type { OpenFile } from '../platform/file-system.ts';
import type { HeldAsset } from '../store/asset.ts';
import { CHUNK_BYTES } from '../store/chunk-hashes.ts';
import { speaksOfDisk } from '../store/speaks-of-disk.ts';
import type { Volume } from '../store/volume.ts';
import type { Pace } from './upkeep-pace.ts';

/** What a scan found on the disk. */
export type ScanVerdict =
  | {
      readonly kind: 'sound' /** Those of its sidecar were absent or wrong. */;
      readonly newHashes?: readonly string[];
    }
  | {
      readonly kind: 'wrong' /** Absent: nobody knows which. */;
      readonly chunks?: readonly number[];
    }
  /** There is no file, or one of another size. */
  | { readonly kind: 'gone' };

/** Between two of these the disk's file is closed again: a scrub keeps nobody from evicting an asset. */
const CHUNKS_A_STEP = 8;

/**
 * Reads an asset as its disk gives it out, some chunks at a time, and tells what is wrong with it. Where the sidecar has
 * hashes of the chunks each is compared with its own; where it has none, or some do not match, the SHA-256 of the whole
 * decides: an asset is wrong only when it is not what its name says.
 */
export class AssetScan {
  readonly asset: HeldAsset;
  readonly #volume: Volume;
  readonly #expected: readonly string[] | undefined;
  readonly #found: string[] = [];
  readonly #wrong = new Set<number>();
  #isUnreadable = false;
  /** Of the whole: undefined while the chunks are enough to go by. */
  #whole: Hash | undefined;
  #next = 0;
  #verdict: ScanVerdict | undefined;

  constructor(options: {
    readonly asset: HeldAsset;
    readonly volume: Volume;
    /** Base64 of the SHA-256 of each chunk, as its sidecar has them. */
    readonly chunkHashes: readonly string[] | undefined;
  }) {
    this.asset = options.asset;
    this.#volume = options.volume;
    this.#expected = options.chunkHashes;
    this.#whole = options.chunkHashes ? undefined : createHash('sha256');
  }

  /** The verdict when it stands; undefined as long as there is more to read. */
  get verdict(): ScanVerdict | undefined {
    return this.#verdict;
  }

  /** Reads on. @throws what {@link speaksOfDisk}: nothing can be said of the asset now. */
  async step(pace: Pace, signal: AbortSignal): Promise<void> {
    const file = await this.#open();
    if (!file) {
      this.#verdict = { kind: 'gone' };
      return;
    }
    try {
      for (let count = 0; count < CHUNKS_A_STEP && !this.#verdict; count += 1) {
        await this.#readNext(file, pace, signal);
        if (signal.aborted) return;
      }
    } finally {
      await file.close().catch(() => undefined);
    }
  }

  async #open(): Promise<OpenFile | undefined> {
    const { asset } = this;
    try {
      const file = await this.#volume.openAsset(asset.assetId);
      const sizeBytes = await this.#volume.run(() => file.sizeBytes());
      if (sizeBytes === asset.sizeBytes) return file;
      await file.close();
    } catch (error) {
      if (speaksOfDisk(this.#volume, error)) throw error;
    }
    return undefined;
  }

  async #readNext(file: OpenFile, pace: Pace, signal: AbortSignal): Promise<void> {
    const { sizeBytes, diskId } = this.asset;
    const position = this.#next * CHUNK_BYTES;
    const chunkBytes = Math.min(CHUNK_BYTES, sizeBytes - position);
    if (chunkBytes > 0) {
      await pace(diskId, chunkBytes, signal);
      if (signal.aborted) return;
      await this.#judge(await this.#read(file, position, chunkBytes));
    }
    this.#next += 1;
    if (this.#next * CHUNK_BYTES >= sizeBytes) this.#conclude();
  }

  /** Undefined when the disk does not give the chunk out. */
  async #read(
    file: OpenFile,
    position: number,
    chunkBytes: number,
  ): Promise<Uint8Array | undefined> {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    try {
      for (let done = 0; done < chunkBytes; ) {
        const rest = chunk.subarray(done);
        const readBytes = await this.#volume.run(() => file.read(rest, position + done));
        if (readBytes === 0) return undefined;
        done += readBytes;
      }
      return chunk;
    } catch (error) {
      if (speaksOfDisk(this.#volume, error)) throw error;
      return undefined;
    }
  }

  async #judge(chunk: Uint8Array | undefined): Promise<void> {
    const index = this.#next;
    const found = chunk && (await hashInPieces(chunk, this.#whole));
    if (!chunk) this.#isUnreadable = true;
    this.#found[index] = found ?? '';
    if (!found || (this.#expected && this.#expected[index] !== found)) this.#wrong.add(index);
  }

  #conclude(): void {
    if (this.#whole) this.#verdict = this.#verdictOfWhole(this.#whole.digest('hex'));
    else if (this.#wrong.size === 0) this.#verdict = { kind: 'sound' };
    else if (this.#isUnreadable) this.#verdict = { kind: 'wrong', chunks: [...this.#wrong] };
    else {
      // It may be the sidecar that has rotted: the name decides.
      this.#whole = createHash('sha256');
      this.#next = 0;
    }
  }

  #verdictOfWhole(digest: string): ScanVerdict {
    if (!this.#isUnreadable && digest === this.asset.assetId)
      return { kind: 'sound', newHashes: this.#found };
    return this.#expected ? { kind: 'wrong', chunks: [...this.#wrong] } : { kind: 'wrong' };
  }
}

/** So much is hashed without a pause: a sixth of a millisecond. */
const PIECE_BYTES = 256 * 1024;

/**
 * Base64 of the SHA-256 of a chunk, which goes into `whole` as well. In pieces, so that requests do not wait: WebCrypto
 * would hash on another thread, and took 1.4 times the CPU for it, measured.
 */
async function hashInPieces(chunk: Uint8Array, whole: Hash | undefined): Promise<string> {
  const hash = createHash('sha256');
  for (let first = 0; first < chunk.length; first += PIECE_BYTES) {
    const piece = chunk.subarray(first, first + PIECE_BYTES);
    hash.update(piece);
    whole?.update(piece);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return hash.digest('base64');
}
