import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EVICTION_POLICIES } from '#domain/eviction/policy.ts';
import { seededRandom } from '#domain/random.ts';
import { type EpochMs, epochMs } from '#domain/units.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { nameFor, SkewedClock, TestStore, TITLE_ID } from '../fixtures/stores.ts';

const SIZE_BYTES = 20_000;
/** 95 % of 100,000 bytes of flash, or 85 % of hdd: four files on a disk. */
const CAPACITY_BYTES = 100_000;
const DAY_MS = 86_400_000;
const signal = new AbortController().signal;
const unpaced = async () => undefined;
const contentOf = (index: number) => seededBytes(500 + index, SIZE_BYTES);
const fileOf = (index: number) => `${index}.mp4`;

const eachPolicyAndTier = EVICTION_POLICIES.flatMap((policy) =>
  (['flash', 'hdd'] as const).map((tier) => ({ policy, tier })),
);

describe.each(eachPolicyAndTier)('$policy on $tier', ({ policy, tier }) => {
  let clock: SkewedClock;
  let site: TestStore;

  beforeEach(async () => {
    clock = new SkewedClock();
    site = await TestStore.open({
      tiers: [tier],
      capacityBytes: CAPACITY_BYTES,
      platform: { clock, random: seededRandom(7) },
      store: { eviction: { policy, surpriseShare: 0.5 } },
    });
  });
  afterEach(() => site.close());

  const put = (index: number, isSurprise = false) =>
    site.put(contentOf(index), { file: fileOf(index), tiers: [tier], isSurprise });
  const roomBytes = async () => {
    const [volume] = site.store.volumes;
    return volume ? site.store.roomOf(volume) : -1;
  };
  const held = () => [...site.store.index.assets()].map(({ assetId }) => assetId).sort();
  const ids = (...indices: number[]) => indices.map((index) => sha256(contentOf(index))).sort();
  const plan = (indices: readonly number[], availableUntil?: EpochMs) =>
    site.store.setPlan(
      indices.map((index) => {
        const { etag, contentType } = nameFor(fileOf(index));
        const assetId = sha256(contentOf(index));
        return {
          ...{ titleId: TITLE_ID, file: fileOf(index), etag, contentType, assetId, tier },
          sizeBytes: SIZE_BYTES as HeldAsset['sizeBytes'],
          priority: 1,
          ...(availableUntil === undefined ? {} : { availableUntil }),
        };
      }),
    );

  test('more than fits makes others go, and never exceeds the watermark', async () => {
    for (let index = 0; index < 12; index += 1) {
      expect(await put(index)).toBeDefined();
      expect(await roomBytes()).toBeGreaterThanOrEqual(0);
      expect(site.store.index.asset(sha256(contentOf(index)))).toBeDefined();
    }
    expect(held()).toHaveLength(4);
    expect(await site.files()).toHaveLength(4);
  });

  test('what is planned stays, whatever comes; with all planned, nothing more comes in', async () => {
    await plan([0, 1, 2]);
    for (let index = 0; index < 8; index += 1) await put(index);
    expect(held()).toEqual(expect.arrayContaining(ids(0, 1, 2)));
    await plan([0, 1, 2, 7]);
    expect(await put(8)).toBeUndefined();
    await plan([7]);
    for (let index = 8; index < 11; index += 1) expect(await put(index)).toBeDefined();
    expect(held()).toEqual(expect.arrayContaining(ids(7, 10)));
    expect(held()).toHaveLength(4);
  });

  test('what is being read stays; who reads what is removed for another reason reads on', async () => {
    const asset = await put(0);
    if (!asset) throw new Error('no room');
    const reader = await site.store.openReader(asset);
    for (let index = 1; index < 8; index += 1) expect(await put(index)).toBeDefined();
    expect(held()).toEqual(expect.arrayContaining(ids(0)));
    expect(held()).toHaveLength(4);
    expect(await site.store.remove(asset.assetId, 'invalidation')).toBe('removed');
    const buffer = Buffer.alloc(SIZE_BYTES);
    expect(await reader?.read(buffer, 0)).toBe(SIZE_BYTES);
    expect(buffer.equals(contentOf(0))).toBe(true);
    await reader?.close();
  });

  test('surprises fill their share and then displace each other alone', async () => {
    await plan([0, 1]);
    await put(0);
    await put(1);
    for (let index = 2; index < 10; index += 1) expect(await put(index, true)).toBeDefined();
    expect(held()).toHaveLength(4);
    expect(held()).toEqual(expect.arrayContaining(ids(0, 1, 9)));
  });

  test('the first to go has no licence any more, though planned; then comes what nobody asked for in a month', async () => {
    await put(0);
    clock.skewMs = 31 * DAY_MS;
    for (const index of [1, 2, 3]) await put(index);
    await plan([1, 2], epochMs(clock.now() + DAY_MS));
    for (const index of [2, 3]) {
      const asset = site.store.find(TITLE_ID, fileOf(index));
      if (asset) site.store.noteUse(asset);
    }
    clock.skewMs += 2 * DAY_MS;
    await put(4);
    await put(5);
    expect(held()).toEqual(ids(0, 3, 4, 5));
    await put(6);
    expect(held()).toEqual(ids(3, 4, 5, 6));
  });

  test('a restart keeps what is held and the order in which it goes', async () => {
    for (let index = 0; index < 4; index += 1) await put(index);
    await site.store.close();
    await site.reopen({ clock });
    expect(held()).toEqual(ids(0, 1, 2, 3));
    for (let index = 4; index < 7; index += 1) expect(await put(index)).toBeDefined();
    expect(held()).toHaveLength(4);
  });

  test('no room is promised twice', async () => {
    const begun = await Promise.all(
      Array.from({ length: 6 }, () =>
        site.store.begin({
          sizeBytes: SIZE_BYTES as HeldAsset['sizeBytes'],
          tiers: [tier],
          mayEvict: true,
        }),
      ),
    );
    const writers = begun.flatMap((writer) => writer ?? []);
    expect(writers).toHaveLength(4);
    for (const writer of writers) await site.store.abandon(writer);
    expect(await put(0)).toBeDefined();
  });

  test('an asset that is written anew in its place is the same to whoever has it open', async () => {
    const asset = await put(0);
    if (!asset) throw new Error('no room');
    const reader = await site.store.openReader(asset);
    const options = { tiers: [tier], avoidDisks: new Set<never>(), pace: unpaced, signal };
    expect(await site.store.relocate(asset, options)).toBe('moved');
    const buffer = Buffer.alloc(SIZE_BYTES);
    expect(await reader?.read(buffer, 0)).toBe(SIZE_BYTES);
    expect(buffer.equals(contentOf(0))).toBe(true);
    await reader?.close();
    expect((await site.read(asset))?.equals(contentOf(0))).toBe(true);
    expect(await site.files()).toHaveLength(1);
  });
});
