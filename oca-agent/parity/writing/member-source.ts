import { createHash, type Hash } from 'node:crypto';
import { CdnError, errorCodeOf } from '#domain/errors.ts';
import type { DataFile } from '#domain/parity/parity-group.ts';
import type { HeldAsset } from '../../store/asset.ts';
import { chunkHashOf } from '../../store/chunk-hashes.ts';
import { parseSidecar } from '../../store/sidecar.ts';
import { speaksOfDisk } from '../../store/speaks-of-disk.ts';
import { chunkBytesAt, type MemberRecord } from '../groups/parity-record.ts';
import { tellChunk } from '../reading/lost-reader.ts';
import { openMember, type PieceFile, verifyChunk } from '../reading/piece-files.ts';
import type { ParityParts } from '../tasks/parity-parts.ts';

/**
 * The asset's bytes are not its own, or its disk works and does not give them out; and nothing tells them. Parity must not be
 * made of it, and it is looked at before it is tried again: to read a bad sector time after time takes its disk out of use.
 */
export class RottenAssetError extends Error {
  readonly asset: HeldAsset;

  constructor(asset: HeldAsset) {
    super(`asset ${asset.assetId} is rotten`);
    this.asset = asset;
  }
}

/**
 * A held asset that a group is made of, read chunk by chunk from first to last. Each chunk is verified: by its hash, or,
 * where the sidecar has none yet, all together by the asset's id in the end.
 */
export class MemberSource {
  readonly column: number;
  readonly asset: HeldAsset;
  readonly #parts: ParityParts;
  readonly #file: PieceFile;
  readonly #known: readonly string[] | undefined;
  readonly #computed: string[] = [];
  readonly #whole: Hash = createHash('sha256');

  private constructor(
    parts: ParityParts,
    place: { readonly column: number; readonly asset: HeldAsset },
    opened: { readonly file: PieceFile; readonly chunkHashes: readonly string[] | undefined },
  ) {
    this.#parts = parts;
    this.column = place.column;
    this.asset = place.asset;
    this.#file = opened.file;
    this.#known = opened.chunkHashes;
  }

  /**
   * @throws CdnError `asset-not-stored` when it is not held where it was planned to be; `disk-failed`, `disk-busy`;
   * RottenAssetError when its file cannot be opened.
   */
  static async open(parts: ParityParts, column: number, planned: DataFile): Promise<MemberSource> {
    const asset = parts.index.asset(planned.assetId);
    const volume = asset && parts.volumes.get(asset.diskId);
    if (!asset || !volume || asset.diskId !== planned.diskId)
      throw new CdnError('asset-not-stored', `asset ${planned.assetId} has gone or moved`);
    const { assetId, diskId, sizeBytes } = asset;
    const unlessFile = (error: unknown) => {
      if (speaksOfDisk(volume, error)) throw error;
      return undefined;
    };
    const sidecar = parseSidecar(await volume.readSidecar(assetId).catch(unlessFile));
    const member = { column, assetId, sizeBytes, diskId, asset, state: 'present' } as const;
    const file = await openMember(parts.volumes, member).catch(unlessFile);
    if (!file) throw new RottenAssetError(asset);
    return new MemberSource(parts, { column, asset }, { file, chunkHashes: sidecar?.chunkHashes });
  }

  get diskId() {
    return this.#file.diskId;
  }
  chunkBytes(index: number): number {
    return chunkBytesAt(this.asset.sizeBytes, index);
  }

  /** Chunk `index`, verified. @throws RottenAssetError; CdnError `disk-failed`, `disk-busy`. */
  async read(index: number, buffer: Uint8Array): Promise<Uint8Array> {
    try {
      const chunk = await this.#file.readChunk(index, buffer);
      if (this.#known) verifyChunk(chunk, this.#known[index]);
      else if (chunk.length > 0 && this.#computed.length === index) this.#note(chunk);
      return chunk;
    } catch (error) {
      const volume = this.#parts.volumes.get(this.diskId);
      const isRotten = errorCodeOf(error) === 'digest-mismatch' || !speaksOfDisk(volume, error);
      if (!this.#known) throw isRotten ? new RottenAssetError(this.asset) : error;
      const told = await tellChunk(this.#parts, this.asset, index).catch(() => undefined);
      if (!told) throw isRotten ? new RottenAssetError(this.asset) : error;
      buffer.set(told);
      return buffer.subarray(0, told.length);
    }
  }

  /** What the group's record says of it, once all of it was read. @throws RottenAssetError when it is not its id's. */
  record(): MemberRecord {
    const { assetId, diskId, sizeBytes } = this.asset;
    if (!this.#known && this.#whole.digest('hex') !== assetId)
      throw new RottenAssetError(this.asset);
    const chunkHashes = this.#known ?? this.#computed;
    const names = this.#parts.index.namesOf(assetId);
    return { column: this.column, assetId, diskId, sizeBytes, names, chunkHashes };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #note(chunk: Uint8Array): void {
    this.#computed.push(chunkHashOf(chunk));
    this.#whole.update(chunk);
  }
}
