import { expect, test } from '@jest/globals';
import type { AssetId, DiskId, ParityGroupId } from '#domain/ids.ts';
import { bytes } from '#domain/units.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { scrubItemsAfter } from '../../../oca-agent/upkeep/scrub-items.ts';
import { sha256 } from '../fixtures/bytes.ts';

const diskId = 'hdd-1' as DiskId;
const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => sha256(Buffer.from(`${prefix} ${index}`)));
const ASSETS = names('asset', 20_000);
const ROWS = names('row', 3000).map((id) => id.slice(0, 32) as ParityGroupId);

const from = {
  diskId,
  index: {
    *assetsOfDisk() {
      for (const assetId of ASSETS) yield { assetId } as HeldAsset;
    },
  },
  keeper: {
    *rowsOfDisk() {
      for (const groupId of ROWS) yield { groupId, row: 1, diskId, sizeBytes: bytes(1) };
    },
  },
};

test('batch after batch, everything on a disk comes once and in order: assets first, then parity files', async () => {
  const positions: string[] = [];
  for (;;) {
    const batch = await scrubItemsAfter(positions.at(-1) ?? '', from);
    if (batch.length === 0) break;
    expect(batch.length).toBeLessThanOrEqual(1024);
    positions.push(...batch.map(({ position }) => position));
  }
  expect(positions).toEqual([
    ...ASSETS.toSorted().map((assetId: AssetId) => `asset ${assetId}`),
    ...ROWS.toSorted().map((groupId) => `parity ${groupId}.1`),
  ]);
});
