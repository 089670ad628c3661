import { CdnError } from '#domain/errors.ts';
import type { HeldAsset } from '../../store/asset.ts';
import type { AssetReader } from '../../store/asset-reader.ts';
import { CHUNK_BYTES } from '../../store/chunk-hashes.ts';
import type { ParityGroups } from '../groups/parity-groups.ts';
import type { ChunkTeller } from './chunk-teller.ts';

export interface TellingParts {
  readonly groups: ParityGroups;
  readonly teller: ChunkTeller;
}

/** Chunk `index` of an asset as its group tells it now. @throws CdnError `asset-not-stored`, `disk-busy`. */
export function tellChunk(
  { groups, teller }: TellingParts,
  asset: HeldAsset,
  index: number,
): Promise<Uint8Array> {
  const place = groups.placeOf(asset.assetId);
  if (!place)
    return Promise.reject(
      new CdnError('asset-not-stored', `no parity group has asset ${asset.assetId}`),
    );
  return teller.tellMember(groups.table.groupIdAt(place.group), place.column, index);
}

/**
 * Reads an asset whose disk does not give it out. Every byte is told from the group that has it at that moment.
 * @param prepare called before each chunk is told, with its number.
 */
export function lostReader(
  from: TellingParts,
  asset: HeldAsset,
  prepare?: (index: number) => Promise<void>,
): AssetReader {
  /** What is left of the last chunk: of each MiB k are read from disks, and a viewer takes it in two parts. */
  let rest: { readonly position: number; readonly bytes: Uint8Array } | undefined;
  return {
    async read(buffer, position) {
      if (position >= asset.sizeBytes || buffer.length === 0) return 0;
      const index = Math.floor(position / CHUNK_BYTES);
      if (rest?.position !== position) {
        await prepare?.(index);
        const chunk = await tellChunk(from, asset, index);
        rest = { position, bytes: chunk.subarray(position % CHUNK_BYTES) };
      }
      const part = rest.bytes.subarray(0, buffer.length);
      buffer.set(part);
      const left = rest.bytes.slice(part.length);
      rest = left.length > 0 ? { position: position + part.length, bytes: left } : undefined;
      return part.length;
    },
    close: async () => {
      rest = undefined;
    },
  };
}
