import { CdnError } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { OpenFile } from '../../platform/file-system.ts';
import { CHUNK_BYTES, chunkHashOf } from '../../store/chunk-hashes.ts';
import type { Volume } from '../../store/volume.ts';
import { formatParityRecord, type ParityRecord, parityNameOf } from '../groups/parity-record.ts';
import type { ParityParts } from '../tasks/parity-parts.ts';

/** One parity file on its way onto a disk, chunk after chunk. */
interface RowFile {
  readonly row: number;
  readonly volume: Volume;
  readonly path: string;
  readonly file: OpenFile;
  readonly chunkHashes: string[];
}

export interface RowPlace {
  readonly row: number;
  readonly diskId: DiskId;
}

/**
 * Parity files of one group on their way: partials until they are whole and synced, then given their places one after
 * another, each with its sidecar before it. Their room counts as taken from the beginning.
 */
export class RowFiles {
  readonly #parts: ParityParts;
  readonly #lengthBytes: number;
  readonly #rows: RowFile[] = [];
  #isOpen = true;

  private constructor(parts: ParityParts, lengthBytes: number) {
    this.#parts = parts;
    this.#lengthBytes = lengthBytes;
  }

  /** @throws CdnError `disk-failed`, `disk-full`, `disk-busy`, `disk-read-only`; nothing is left behind then. */
  static async create(
    parts: ParityParts,
    places: readonly RowPlace[],
    lengthBytes: number,
  ): Promise<RowFiles> {
    const files = new RowFiles(parts, lengthBytes);
    try {
      for (const place of places) await files.#create(place);
      return files;
    } catch (error) {
      await files.abandon();
      throw error;
    }
  }

  get diskIds(): DiskId[] {
    return this.#rows.map(({ volume }) => volume.disk.diskId);
  }

  /** Writes chunk `index` of every row, in the order in which they were created. */
  async write(index: number, chunks: readonly Uint8Array[]): Promise<void> {
    await Promise.all(
      this.#rows.map(async ({ volume, file, chunkHashes }, at) => {
        const chunk = chunks[at];
        invariant(chunk && chunkHashes.length === index, 'rows are written chunk by chunk');
        const written = volume.run(() => file.write(chunk, index * CHUNK_BYTES));
        chunkHashes.push(chunkHashOf(chunk));
        await written;
      }),
    );
  }

  /** Makes the rows durable under their names. */
  async publish(record: Omit<ParityRecord, 'row' | 'rowChunkHashes'>): Promise<void> {
    for (const { volume, file } of this.#rows) await volume.run(() => file.sync());
    for (const { row, volume, path, chunkHashes } of this.#rows) {
      const sidecar = formatParityRecord({ ...record, row, rowChunkHashes: chunkHashes });
      await volume.publishParity(path, parityNameOf(record.groupId, row), sidecar);
    }
  }

  /** Ends the writing and gives the room back. What was not published is gone. */
  async abandon(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const { volume, file, path } of this.#rows) {
      this.#parts.groups.countParityBytes(volume.disk.diskId, -this.#lengthBytes);
      await file.close().catch(() => undefined);
      await volume.removePartial(path).catch(() => undefined);
    }
  }

  async #create({ row, diskId }: RowPlace): Promise<void> {
    const volume = this.#parts.volumes.get(diskId);
    if (!volume) throw new CdnError('disk-failed', `disk ${diskId} is not configured`);
    const { path, file } = await volume.createPartial();
    this.#rows.push({ row, volume, path, file, chunkHashes: [] });
    this.#parts.groups.countParityBytes(diskId, this.#lengthBytes);
  }
}
