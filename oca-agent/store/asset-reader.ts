import { CdnError } from '#domain/errors.ts';
import type { OpenFile } from '../platform/file-system.ts';
import type { HeldAsset } from './asset.ts';
import type { Volume } from './volume.ts';

/** An asset that is open to be read. While it is, it is nobody's victim. */
export interface AssetReader {
  /** Reads into `buffer` from `position`; returns how many bytes came, 0 at the end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens the file of an asset on its disk. @throws CdnError `disk-failed`, `disk-busy`; what the system says. */
export async function openOnDisk(volume: Volume, asset: HeldAsset): Promise<AssetReader> {
  const file = await volume.openAsset(asset.assetId);
  try {
    const foundBytes = await volume.run(() => file.sizeBytes());
    if (foundBytes !== asset.sizeBytes)
      throw new CdnError(
        'digest-mismatch',
        `expected ${asset.sizeBytes} bytes, found ${foundBytes}`,
      );
  } catch (error) {
    await closeQuietly(file);
    throw error;
  }
  return {
    read: (buffer, position) => volume.run(() => file.read(buffer, position)),
    close: () => closeQuietly(file),
  };
}

/**
 * Reads from one source until that fails, and from the point of failure on from another. Nobody who reads notices, but
 * for the time that it takes.
 */
export class AssetReaderWithWayOut implements AssetReader {
  readonly #sizeBytes: number;
  readonly #first: AssetReader;
  readonly #openOther: (failure: unknown) => Promise<AssetReader | undefined>;
  readonly #onClose: () => void;
  #other: Promise<AssetReader | undefined> | undefined;
  #isOpen = true;

  constructor(options: {
    readonly sizeBytes: number;
    readonly first: AssetReader;
    readonly openOther: (failure: unknown) => Promise<AssetReader | undefined>;
    readonly onClose: () => void;
  }) {
    this.#sizeBytes = options.sizeBytes;
    this.#first = options.first;
    this.#openOther = options.openOther;
    this.#onClose = options.onClose;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    if (this.#other) return this.#readOther(buffer, position);
    try {
      const readBytes = await this.#first.read(buffer, position);
      const isCutOff = readBytes === 0 && buffer.length > 0 && position < this.#sizeBytes;
      if (isCutOff) throw new CdnError('digest-mismatch', 'the file ended before its size');
      return readBytes;
    } catch (error) {
      this.#other ??= this.#openOther(error);
      return this.#readOther(buffer, position, error);
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onClose();
    await this.#first.close();
    const other = await this.#other?.catch(() => undefined);
    await other?.close();
  }

  /** @throws `failure` of the first source when there is no other. */
  async #readOther(buffer: Uint8Array, position: number, failure?: unknown): Promise<number> {
    const other = await this.#other;
    if (other) return other.read(buffer, position);
    throw failure ?? new CdnError('disk-failed', 'the disk does not give the asset out');
  }
}

const closeQuietly = (file: OpenFile): Promise<void> => file.close().catch(() => undefined);
