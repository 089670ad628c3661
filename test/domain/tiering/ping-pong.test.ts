import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AssetId, DiskId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { MoveHistory } from '#domain/tiering/move-history.ts';
import { planMoves, TIERING_RULES, type TieredAsset } from '#domain/tiering/plan-moves.ts';
import { epochMs } from '#domain/units.ts';

const HOUR_MS = 3_600_000;
const MOVES_PER_HOUR_MAX = 5;
const ASSET_BYTES = 100;

interface Lying {
  tier: 'flash' | 'hdd';
  uses: number;
  lastUsedAt: number;
  readonly moves: number[];
}

/** Assets of one size on one flash disk and one hdd disk, moved as planned, an hour at a time. */
class Tiers {
  now = 0;
  readonly assets: Lying[];
  readonly #flashCount: number;
  readonly #history = new MoveHistory({
    stayFor: TIERING_RULES.stayFor,
    movesPerHourMax: MOVES_PER_HOUR_MAX,
    startedAt: epochMs(0),
  });

  constructor(count: number, flashCount: number) {
    this.#flashCount = flashCount;
    this.assets = Array.from({ length: count }, (_, index) => ({
      tier: index < flashCount ? 'flash' : 'hdd',
      uses: 0,
      lastUsedAt: 0,
      moves: [],
    }));
  }

  hour(usesOf: (index: number) => number): void {
    this.now += HOUR_MS;
    this.assets.forEach((lying, index) => {
      const uses = usesOf(index);
      lying.uses = lying.uses * 2 ** (-1 / 24) + uses;
      if (uses > 0) lying.lastUsedAt = this.now;
    });
    for (;;) {
      const moves = this.#plan();
      if (moves.length === 0 || moves.length > this.#history.allowance(epochMs(this.now))) return;
      for (const { asset, to } of moves) {
        const lying = this.assets[Number(asset.assetId)];
        if (!lying) throw new Error('an unknown asset was moved');
        Object.assign(lying, { tier: to });
        lying.moves.push(this.now);
        this.#history.note(asset.assetId, epochMs(this.now));
      }
      expect(this.on('flash').length).toBeLessThanOrEqual(this.#flashCount);
    }
  }

  on(tier: 'flash' | 'hdd'): TieredAsset[] {
    return this.assets.flatMap((lying, index) => {
      const assetId = String(index) as AssetId;
      const { uses, lastUsedAt } = lying;
      const movedAt = this.#history.movedAt(assetId);
      const place = { assetId, diskId: tier as DiskId, sizeBytes: ASSET_BYTES };
      return lying.tier === tier
        ? [{ ...place, uses, lastUsedAt: epochMs(lastUsedAt), movedAt }]
        : [];
    });
  }

  #plan() {
    const roomBytes = (this.#flashCount - this.on('flash').length) * ASSET_BYTES;
    return planMoves({
      hot: this.on('hdd'),
      cold: this.on('flash'),
      flash: [{ diskId: 'flash' as DiskId, roomBytes, headroomBytes: 0 }],
      hdd: [{ diskId: 'hdd' as DiskId, roomBytes: 1e9, headroomBytes: 0 }],
      now: epochMs(this.now),
    });
  }
}

test('no load, however it alternates, moves a file twice within a day or more files an hour than allowed', () => {
  const load = fc.record({
    seed: fc.integer(),
    periodHours: fc.integer({ min: 1, max: 60 }),
    flashCount: fc.integer({ min: 1, max: 8 }),
  });
  let moves = 0;
  fc.assert(
    fc.property(load, ({ seed, periodHours, flashCount }) => {
      const random = seededRandom(seed);
      const tiers = new Tiers(16, flashCount);
      let demand: number[] = [];
      for (let hour = 0; hour < 240; hour += 1) {
        if (hour % periodHours === 0)
          demand = tiers.assets.map(() => Math.floor(10 ** (8 * random.next() - 5)));
        tiers.hour((index) => demand[index] ?? 0);
      }
      const all = tiers.assets.flatMap((lying) => lying.moves);
      moves += all.length;
      for (const lying of tiers.assets)
        lying.moves.forEach((at, turn) => {
          const before = lying.moves[turn - 1] ?? Number.NEGATIVE_INFINITY;
          expect(at - before).toBeGreaterThanOrEqual(TIERING_RULES.stayFor);
        });
      for (const at of new Set(all))
        expect(all.filter((other) => other === at).length).toBeLessThanOrEqual(MOVES_PER_HOUR_MAX);
    }),
    { numRuns: 60 },
  );
  expect(moves).toBeGreaterThan(100);
});

test('under a steady demand the most used come to flash, and then nothing moves any more', () => {
  const tiers = new Tiers(40, 8);
  let hour = 0;
  const demandFor = (hours: number) => {
    for (const end = hour + hours; hour < end; hour += 1)
      tiers.hour((index) => (index >= 32 ? 12 : Number((hour + index) % 72 === 0)));
  };
  demandFor(96);
  const movesBefore = tiers.assets.flatMap(({ moves }) => moves).length;
  expect(tiers.assets.slice(32).every(({ tier }) => tier === 'flash')).toBe(true);
  demandFor(240);
  expect(tiers.assets.flatMap(({ moves }) => moves)).toHaveLength(movesBefore);
});

test('a demand that swings faster than files may move leaves most of them where they are', () => {
  const tiers = new Tiers(2, 1);
  for (let hour = 0; hour < 240; hour += 1)
    tiers.hour((index) => (Math.floor(hour / 2) % 2 === index ? 10 : 0));
  expect(tiers.assets.flatMap(({ moves }) => moves)).toEqual([]);
});
