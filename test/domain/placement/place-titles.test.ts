import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DiskId, OcaId, TitleId } from '#domain/ids.ts';
import {
  type PlacementAsset,
  type PlacementOca,
  placeTitles,
} from '#domain/placement/place-titles.ts';
import { bytes } from '#domain/units.ts';

const asset = (
  titleId: string,
  sizeBytes: number,
  popularity: number,
  file = 'video.mp4',
): PlacementAsset => ({
  titleId: titleId as TitleId,
  file,
  sizeBytes: bytes(sizeBytes),
  popularity,
});
const oca = (
  ocaId: string,
  disks: { flash?: number[]; hdd?: number[] },
  parity?: PlacementOca['parity'],
): PlacementOca => ({
  ocaId: ocaId as OcaId,
  ...(parity && { parity }),
  disks: (['flash', 'hdd'] as const).flatMap((tier) =>
    (disks[tier] ?? []).map((capacityBytes, index) => ({
      diskId: `${tier}-${index}` as DiskId,
      tier,
      capacityBytes: bytes(capacityBytes),
    })),
  ),
});
const placed = (assets: PlacementAsset[], ...ocas: PlacementOca[]) =>
  Object.fromEntries(
    [...placeTitles(assets, ocas)].map(([ocaId, items]) => [
      ocaId,
      items.map(({ asset: { titleId }, tier }) => `${titleId}:${tier}`),
    ]),
  );

test('an OCA without disks is given nothing', () => {
  expect(placed([asset('a', 1, 1)], oca('metro-1', {}))).toEqual({ 'metro-1': [] });
});

test('a file that fits on no disk is passed over, and the next one is placed', () => {
  const assets = [asset('huge', 1000, 9), asset('small', 50, 1)];
  expect(placed(assets, oca('metro-1', { flash: [100] }))).toEqual({ 'metro-1': ['small:flash'] });
});

test('a plan fills flash to 95 % and hdd to 85 %, less a tenth for surprises, and a file that fits exactly is placed', () => {
  const disks = { flash: [1000], hdd: [1000] };
  const exact = [asset('hot', 855, 9), asset('warm', 765, 1)];
  expect(placed(exact, oca('metro-1', disks))).toEqual({ 'metro-1': ['hot:flash', 'warm:hdd'] });
  const over = [asset('hot', 856, 9), asset('warm', 856, 1)];
  expect(placed(over, oca('metro-1', disks))).toEqual({ 'metro-1': [] });
});

test('parity leaves k of k + m bytes of hdd to the plan, and all of flash', () => {
  const parity = { dataFiles: 10, parityFiles: 2 };
  const disks = { flash: [1000], hdd: [12_000] };
  const exact = [asset('hot', 855, 9), asset('warm', 7650, 1)];
  expect(placed(exact, oca('metro-1', disks, parity))).toEqual({
    'metro-1': ['hot:flash', 'warm:hdd'],
  });
  const over = [asset('warm', 7651, 1)];
  expect(placed(over, oca('metro-1', disks, parity))).toEqual({ 'metro-1': [] });
  expect(placed(over, oca('metro-1', disks))).toEqual({ 'metro-1': ['warm:hdd'] });
});

test('what two disks have free together holds no file that neither has room for', () => {
  const assets = [asset('a', 60, 3), asset('b', 60, 2), asset('c', 60, 1)];
  expect(placed(assets, oca('metro-1', { flash: [100, 100] }))).toEqual({
    'metro-1': ['a:flash', 'b:flash'],
  });
});

test('the most valuable byte comes first, in placing and in the list', () => {
  const assets = [asset('cold', 90, 1), asset('hot', 90, 5)];
  expect(placed(assets, oca('metro-1', { flash: [110], hdd: [200] }))).toEqual({
    'metro-1': ['hot:flash', 'cold:hdd'],
  });
});

test('when everything fits everywhere, every OCA holds everything', () => {
  const assets = [asset('a', 10, 2), asset('b', 10, 1)];
  const all = ['a:flash', 'b:flash'];
  expect(
    placed(assets, oca('metro-1', { flash: [100] }), oca('metro-2', { flash: [100] })),
  ).toEqual({ 'metro-1': all, 'metro-2': all });
});

test('every OCA of a site holds the hottest, and the tail is spread over them', () => {
  const assets = Array.from({ length: 101 }, (_, index) =>
    asset(`title-${index}`, 10, 1000 - index),
  );
  const ocas = ['metro-1', 'metro-2'].map((id) => oca(id, { flash: [12], hdd: [667] }));
  const { 'metro-1': one = [], 'metro-2': other = [] } = placed(assets, ...ocas);
  expect(one[0]).toBe('title-0:flash');
  expect(other[0]).toBe('title-0:flash');
  expect(new Set([...one, ...other]).size).toBe(101);
  expect(one).toHaveLength(52);
  expect(other).toHaveLength(52);
});

test('the files of a tail title stay together on one OCA', () => {
  const titleIds = ['a', 'b', 'c', 'd'];
  const assets = titleIds.flatMap((titleId) =>
    ['video.mp4', 'audio.mp4'].map((file) => asset(titleId, 10, 1, file)),
  );
  const threeTitles = { hdd: [79] };
  const placement = placed(assets, oca('metro-1', threeTitles), oca('metro-2', threeTitles));
  for (const titleId of titleIds) {
    const counts = Object.values(placement).map(
      (items) => items.filter((item) => item === `${titleId}:hdd`).length,
    );
    expect(counts).toContain(2);
  }
});

const anyAssets = fc.array(
  fc.record({
    title: fc.integer({ min: 0, max: 20 }),
    size: fc.integer({ min: 0, max: 60 }),
    popularity: fc.integer({ min: 0, max: 5 }),
  }),
  { maxLength: 60 },
);
const anyOcas = fc.array(
  fc.record({
    flash: fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 2 }),
    hdd: fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 4 },
);

test('no disk is promised more than it has, and the order of the input changes nothing', () => {
  fc.assert(
    fc.property(anyAssets, anyOcas, (specs, disks) => {
      const assets = specs.map(({ title, size, popularity }, index) =>
        asset(`t${title}`, size, popularity, `f${index}`),
      );
      const ocas = disks.map((one, index) => oca(`oca-${index}`, one));
      const placement = placeTitles(assets, ocas);
      for (const { ocaId, disks: own } of ocas) {
        const items = placement.get(ocaId) ?? [];
        expect(new Set(items.map((item) => item.asset)).size).toBe(items.length);
        for (const [tier, share] of [
          ['flash', 0.95 * 0.9],
          ['hdd', 0.85 * 0.9],
        ] as const) {
          const used = items
            .filter((item) => item.tier === tier)
            .reduce((sum, item) => sum + item.asset.sizeBytes, 0);
          const room = own
            .filter((disk) => disk.tier === tier)
            .reduce((sum, disk) => sum + Math.floor(disk.capacityBytes * share), 0);
          expect(used).toBeLessThanOrEqual(room);
        }
      }
      expect(placeTitles(assets.toReversed(), ocas.toReversed())).toEqual(placement);
    }),
    { seed: 20_265 },
  );
});
