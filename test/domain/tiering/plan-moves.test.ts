import { expect, test } from '@jest/globals';
import type { AssetId, DiskId } from '#domain/ids.ts';
import {
  type DiskRoom,
  planMoves,
  TIERING_RULES,
  type TieredAsset,
  type TieringFacts,
} from '#domain/tiering/plan-moves.ts';
import { epochMs } from '#domain/units.ts';

const HOUR_MS = 3_600_000;
const now = epochMs(1_000 * HOUR_MS);
const hoursAgo = (hours: number) => epochMs(now - hours * HOUR_MS);

const asset = (name: string, changes: Partial<TieredAsset> = {}): TieredAsset => ({
  assetId: name as AssetId,
  diskId: 'hdd-1' as DiskId,
  sizeBytes: 100,
  uses: 8,
  lastUsedAt: hoursAgo(0),
  movedAt: undefined,
  ...changes,
});
const quiet = (name: string, changes: Partial<TieredAsset> = {}) =>
  asset(name, {
    diskId: 'flash-1' as DiskId,
    uses: 0.1,
    lastUsedAt: hoursAgo(48),
    ...changes,
  });
const room = (diskId: string, roomBytes: number, headroomBytes = 10): DiskRoom => ({
  diskId: diskId as DiskId,
  roomBytes,
  headroomBytes,
});
const movesOf = (facts: Partial<TieringFacts>) =>
  planMoves({
    hot: [],
    cold: [],
    flash: [room('flash-1', 50)],
    hdd: [room('hdd-1', 1000)],
    now,
    ...facts,
  }).map((move) => `${move.asset.assetId} to ${move.to}${move.diskId ? ` ${move.diskId}` : ''}`);

test('the most used comes first, to the disk with room for it', () => {
  const hot = [asset('used-8'), asset('used-9', { uses: 9 }), asset('used-3', { uses: 3 })];
  expect(movesOf({ hot, flash: [room('flash-1', 99), room('flash-2', 100)] })).toEqual([
    'used-9 to flash flash-2',
  ]);
});

test('what is not used enough stays, however much room there is', () => {
  const seldom = asset('seldom', { uses: TIERING_RULES.promoteUsesMin - 0.01 });
  expect(movesOf({ hot: [seldom], flash: [room('flash-1', 1e6)] })).toEqual([]);
});

test('quiet assets make room, the least used first and no more than it takes', () => {
  const cold = [
    quiet('warm', { uses: 1.5 }),
    quiet('cold', { uses: 0.1, sizeBytes: 30 }),
    quiet('cool', { uses: 0.2, sizeBytes: 30 }),
  ];
  expect(movesOf({ hot: [asset('hot')], cold })).toEqual([
    'cold to hdd',
    'cool to hdd',
    'hot to flash flash-1',
  ]);
});

test.each([
  ['was used within half a day', { lastUsedAt: hoursAgo(11) }],
  ['moved within a day', { movedAt: hoursAgo(23) }],
  ['is used a quarter as much', { uses: 2.1 }],
  ['lies on another disk', { diskId: 'flash-2' as DiskId }],
])('nobody leaves who %s', (_reason, changes) => {
  expect(movesOf({ hot: [asset('hot')], cold: [quiet('candidate', changes)] })).toEqual([]);
});

test('one that moved within a day stays on hdd, and the next takes its turn', () => {
  const hot = [asset('moved', { uses: 99, movedAt: hoursAgo(23) }), asset('other')];
  expect(movesOf({ hot, flash: [room('flash-1', 500)] })).toEqual(['other to flash flash-1']);
});

test('many that are little used together outweigh one that is more used', () => {
  const cold = Array.from({ length: 10 }, (_, index) =>
    quiet(`cold-${index}`, { uses: 0.9, sizeBytes: 5 }),
  );
  expect(movesOf({ hot: [asset('hot', { uses: 32 })], cold })).toEqual([]);
  expect(movesOf({ hot: [asset('hot', { uses: 37 })], cold })).toHaveLength(11);
});

test('nothing leaves for hdd that would not fit there', () => {
  const cold = [quiet('one', { sizeBytes: 30 }), quiet('two', { sizeBytes: 30 })];
  const hot = [asset('hot')];
  expect(movesOf({ hot, cold, hdd: [room('hdd-1', 59)] })).toEqual([]);
  expect(movesOf({ hot, cold, hdd: [room('hdd-1', 30), room('hdd-2', 30)] })).toHaveLength(3);
});

test('flash without headroom lets a quiet asset go, and flash with it does not', () => {
  const cold = [quiet('cold')];
  expect(movesOf({ cold, flash: [room('flash-1', 9)] })).toEqual(['cold to hdd']);
  expect(movesOf({ cold, flash: [room('flash-1', 9), room('flash-2', 10)] })).toEqual([]);
  expect(movesOf({ cold: [quiet('used', { uses: 0.3 })], flash: [room('flash-1', 9)] })).toEqual(
    [],
  );
});
