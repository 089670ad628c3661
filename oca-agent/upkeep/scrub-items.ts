import type { AssetId, DiskId } from '#domain/ids.ts';
import type { ParityKeeper, ParityRow } from '../parity/parity-keeper.ts';
import { Slices } from '../slices.ts';
import type { AssetIndex } from '../store/asset-index.ts';

/** Something on a disk that is verified: first all assets in the order of their ids, then the parity files. */
export type ScrubItem = { readonly position: string } & (
  | { readonly assetId: AssetId }
  | { readonly row: ParityRow }
);

/** Names of so many are looked up at a time: enough for hours. */
const BATCH_LENGTH = 1024;
/** Others wait until they are sorted and all but the first of them dropped. */
const HEAP_LENGTH = 8 * BATCH_LENGTH;
/** Looked at in one go: two milliseconds. */
const SLICE = 2048;

/** What comes next on a disk after a position, in order. It goes through all that is on the disk, in slices. */
export async function scrubItemsAfter(
  position: string,
  from: {
    readonly index: Pick<AssetIndex, 'assetsOfDisk'>;
    readonly keeper: Pick<ParityKeeper, 'rowsOfDisk'> | undefined;
    readonly diskId: DiskId;
  },
): Promise<ScrubItem[]> {
  const { index, keeper, diskId } = from;
  const slices = new Slices(SLICE);
  let items: ScrubItem[] = [];
  let end: string | undefined;
  const offer = (item: ScrubItem) => {
    if (item.position <= position || (end !== undefined && item.position > end)) return;
    items.push(item);
    if (items.length < HEAP_LENGTH) return;
    items = firstOf(items);
    end = items.at(-1)?.position;
  };
  for (const { assetId } of index.assetsOfDisk(diskId)) {
    offer({ position: `asset ${assetId}`, assetId });
    await slices.next();
  }
  for (const row of keeper?.rowsOfDisk(diskId) ?? []) {
    offer({ position: `parity ${row.groupId}.${row.row}`, row });
    await slices.next();
  }
  return firstOf(items);
}

const firstOf = (items: ScrubItem[]): ScrubItem[] =>
  items.sort((one, other) => (one.position < other.position ? -1 : 1)).slice(0, BATCH_LENGTH);
