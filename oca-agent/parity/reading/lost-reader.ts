import { CdnError } from '#domain/errors.ts';
import type { HeldAsset } from '../../store/asset.ts';
import type { AssetReader } from '../../store/asset-reader.ts';
import { CHUNK_BYTES } from '../../store/chunk-hashes.ts';
import type { ParityGroups } from '../groups/parity-groups.ts';
import type { ChunkTeller } from './chunk-teller.ts';

/** Chunk `index` of an asset as its group tells it now. @throws CdnError `asset-not-stored`. */
export function tellChunk(
  { groups, teller }: { readonly groups: ParityGroups; readonly teller: ChunkTeller },
  asset: HeldAsset,
  index: number,
): Promise<Uint8Array> {
  const place = groups.placeOf(asset.assetId);
  if (!place)
    return Promise.reject(
      new CdnError('asset-not-stored', `no parity group has asset ${asset.assetId}`),
    );
  return teller.tellMember(place.group, place.column, index);
}

/** Reads an asset whose disk does not give it out. Every byte is told from the group that has it at that moment. */
export function lostReader(
  from: { readonly groups: ParityGroups; readonly teller: ChunkTeller },
  asset: HeldAsset,
): AssetReader {
  return {
    async read(buffer, position) {
      if (position >= asset.sizeBytes || buffer.length === 0) return 0;
      const chunk = await tellChunk(from, asset, Math.floor(position / CHUNK_BYTES));
      const start = position % CHUNK_BYTES;
      const part = chunk.subarray(start, start + buffer.length);
      buffer.set(part);
      return part.length;
    },
    close: async () => undefined,
  };
}
