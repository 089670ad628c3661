import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Bytes, bytes } from '#domain/units.ts';
import type { AssetIndex } from '../../../oca-agent/store/asset-index.ts';
import { NO_PROTECTION } from '../../../oca-agent/store/protection.ts';
import { Rooms } from '../../../oca-agent/store/room.ts';
import type { Volume } from '../../../oca-agent/store/volume.ts';

const TB = 1e12;

interface Situation {
  readonly tier?: 'flash' | 'hdd';
  readonly capacityBytes?: number;
  readonly usedBytes?: number;
  readonly evictableBytes?: number;
  readonly retiredBytes?: number;
  readonly parityBytes?: number;
  readonly reservedBytes?: number;
  readonly foundBytes?: number;
  readonly dataShare?: number;
  readonly surpriseShare?: number;
}

/** Rooms and one disk in a situation. Only what rooms ask of index and disk is there. */
function situated(situation: Situation) {
  const { capacityBytes = 10 * TB, usedBytes = 0, retiredBytes = 0, parityBytes = 0 } = situation;
  const usage = { assetCount: 0, usedBytes, evictableBytes: situation.evictableBytes ?? 0 };
  const index = { usageOfDisk: () => usage } as unknown as AssetIndex;
  const protection = {
    ...NO_PROTECTION,
    dataShare: situation.dataShare ?? 1,
    retiredBytes: () => retiredBytes as Bytes,
    overheadBytes: () => (retiredBytes + parityBytes) as Bytes,
  };
  const volume = {
    disk: { diskId: 'd', tier: situation.tier ?? 'hdd', path: '/d', capacityBytes },
    reservedBytes: situation.reservedBytes ?? 0,
    isWritable: true,
    isFull: false,
    freeBytes: async () => situation.foundBytes ?? capacityBytes - usedBytes - retiredBytes,
  } as unknown as Volume;
  const rooms = new Rooms({ index, protection, surpriseShare: situation.surpriseShare ?? 0.1 });
  return { rooms, volume };
}

test('assets fill flash to 95 % and hdd to 85 %, less the share of parity', async () => {
  const usable = (situation: Situation) => {
    const { rooms, volume } = situated(situation);
    return rooms.usableBytes(volume.disk) / TB;
  };
  expect(usable({ tier: 'flash' })).toBe(9.5);
  expect(usable({ tier: 'hdd' })).toBe(8.5);
  expect(usable({ tier: 'hdd', dataShare: 10 / 12 })).toBeCloseTo(7.0833, 4);
  expect(usable({ tier: 'flash', dataShare: 10 / 12 })).toBe(9.5);
});

test('room is what the ledger leaves, and no more than the filesystem has above its floor', async () => {
  const free = async (situation: Situation) => {
    const { rooms, volume } = situated(situation);
    return (await rooms.freeBytes(volume)) / TB;
  };
  expect(await free({ usedBytes: 3 * TB, reservedBytes: TB, retiredBytes: 2 * TB })).toBe(2.5);
  expect(await free({ foundBytes: TB })).toBeCloseTo(1 - 0.2, 6);
  expect(await free({ capacityBytes: TB, foundBytes: 0.1 * TB })).toBeCloseTo(0.05, 6);
  expect(await free({ usedBytes: 9 * TB })).toBe(0);
});

test('what is retired counts as gone where the filesystem has room beside it, and not where it has none', async () => {
  const beside = situated({ usedBytes: 7 * TB, retiredBytes: 1.4 * TB });
  expect((await beside.rooms.claim(beside.volume, plain(TB)))?.lackingBytes).toBe(0);
  expect(await beside.rooms.hasRetiredRoom(beside.volume)).toBe(true);
  const full = situated({ usedBytes: 7 * TB, retiredBytes: 2.5 * TB });
  expect((await full.rooms.claim(full.volume, plain(TB)))?.lackingBytes).toBe(0);
  expect(await full.rooms.hasRetiredRoom(full.volume)).toBe(false);
});

test('surprises beyond their share displace as much as they bring, and one larger than the share never comes in', async () => {
  const lacking = async (situation: Situation, sizeBytes: number) => {
    const { rooms, volume } = situated(situation);
    const claim = await rooms.claim(volume, { sizeBytes, isSurprise: true });
    return claim && claim.lackingBytes / TB;
  };
  expect(await lacking({ evictableBytes: 0.8 * TB, usedBytes: 2 * TB }, 0.05 * TB)).toBe(0);
  expect(await lacking({ evictableBytes: 0.8 * TB, usedBytes: 2 * TB }, 0.1 * TB)).toBeCloseTo(
    0.05,
  );
  expect(await lacking({ evictableBytes: 5 * TB, usedBytes: 6 * TB }, 0.1 * TB)).toBeCloseTo(0.1);
  expect(await lacking({}, 0.9 * TB)).toBeUndefined();
  expect(await lacking({ surpriseShare: 0 }, 1)).toBeUndefined();
});

test('what a claim says must go is enough, and a claim that is given back leaves no trace', async () => {
  const sizes = fc.integer({ min: 0, max: 10 * TB });
  await fc.assert(
    fc.asyncProperty(sizes, sizes, sizes, sizes, async (usedBytes, foundBytes, reserved, size) => {
      const situation = { usedBytes, foundBytes, reservedBytes: reserved };
      const { rooms, volume } = situated(situation);
      const claim = await rooms.claim(volume, plain(size));
      const lackingBytes = claim?.lackingBytes ?? 0;
      expect(volume.reservedBytes).toBe(reserved + size);
      claim?.giveBack();
      claim?.giveBack();
      expect(volume.reservedBytes).toBe(reserved);
      const after = situated({
        ...situation,
        usedBytes: usedBytes - lackingBytes,
        foundBytes: foundBytes + lackingBytes,
      });
      expect(await after.rooms.lackingBytes(after.volume, size)).toBeLessThanOrEqual(0);
      if (lackingBytes > 0)
        expect(await rooms.lackingBytes(volume, bytes(size))).toBe(lackingBytes);
    }),
  );
});

test('a filesystem that does not say what is free gets nothing, and nobody has to go for that', async () => {
  const { rooms, volume } = situated({ usedBytes: 7 * TB });
  const silent = { ...volume, freeBytes: () => Promise.reject(new Error('EIO')) } as Volume;
  expect(await rooms.claim(silent, plain(1))).toBeUndefined();
  expect(await rooms.lackingBytes(silent, TB)).toBe(0);
  expect(await rooms.freeBytes(silent)).toBe(0);
  expect(silent.reservedBytes).toBe(0);
});

const plain = (sizeBytes: number) => ({ sizeBytes, isSurprise: false });
