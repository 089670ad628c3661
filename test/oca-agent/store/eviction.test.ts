import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { fillSource, openPlan, planItem } from '../fixtures/plans.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

/** 95 % of 1,000,000 and 85 % of 500,000 bytes: three files of 300,000 fit on each flash disk, one on each hdd disk. */
const SIZE_BYTES = 300_000;
const NAMES = Array.from({ length: 10 }, (_, index) => `${'abcdefghij'[index]}.mp4`);
const contentOf = new Map(NAMES.map((file, index) => [file, seededBytes(30 + index, SIZE_BYTES)]));
let site: TestSite;

beforeEach(async () => {
  site = await TestSite.start({ flashBytes: 1_000_000, hddBytes: 500_000 });
  for (const [file, content] of contentOf) site.cloudFront.put('title-1', file, content);
  site.control.sources = [fillSource('cloudfront', site.cloudFront, 'cloudfront')];
});
afterEach(() => site.stop());

const tierCounts = async () => (await site.status()).tiers.map(({ assetCount }) => assetCount);
const isHit = async (file: string) => {
  const path = `/content/title-1/${file}`;
  const answer = await site.get(path, { 'cache-control': 'only-if-cached' });
  await answer.arrayBuffer();
  return answer.status === 200;
};
const fillDisks = async () => {
  for (const file of NAMES.slice(0, 8)) await site.store('title-1', file);
  expect(await tierCounts()).toEqual([6, 2]);
};

test('misses fill flash to its watermark, then hdd; then the least used gives way', async () => {
  await fillDisks();
  for (const file of NAMES.slice(1, 8)) await isHit(file);
  await site.store('title-1', 'i.mp4');
  expect(await isHit('a.mp4')).toBe(false);
  for (const file of NAMES.slice(1, 9)) expect([file, await isHit(file)]).toEqual([file, true]);
  expect(site.events('store.asset.removed')).toMatchObject([
    { assetId: sha256(contentOf.get('a.mp4') ?? Buffer.alloc(0)), reason: 'eviction' },
  ]);
});

test('who asks for little of a file again and again does not keep it from giving way', async () => {
  await fillDisks();
  for (const file of NAMES.slice(1, 8)) await isHit(file);
  for (let part = 0; part < 30; part += 1) {
    const headers = { range: `bytes=${part}-${part}` };
    await (await site.get('/content/title-1/a.mp4', headers)).arrayBuffer();
  }
  await site.store('title-1', 'i.mp4');
  expect(await isHit('a.mp4')).toBe(false);
});

test('planned assets are never evicted, however cold; when all are planned, a miss is streamed through', async () => {
  const items = NAMES.slice(0, 8).map((file, index) =>
    planItem(file, contentOf.get(file) ?? Buffer.alloc(0), { tier: index < 6 ? 'flash' : 'hdd' }),
  );
  await site.plan(openPlan(1, items));
  await until(async () => (await site.status()).fill.state === 'complete', 'the fill to end');
  const answer = await site.get('/content/title-1/i.mp4');
  expect((await answer.arrayBuffer()).byteLength).toBe(SIZE_BYTES);
  expect(answer.headers.get('cache-status')).not.toContain(
    'stored, "test-oca"; fwd=uri-miss; stored',
  );
  expect(await isHit('i.mp4')).toBe(false);
  for (const file of NAMES.slice(0, 8)) expect([file, await isHit(file)]).toEqual([file, true]);
  const evicted = await site.manage<{ kept: { reason: string }[] }>('/evict', {
    titleId: 'title-1',
  });
  expect(evicted.kept.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 8 }, () => 'planned'),
  );
});

test('what a plan no longer names may go, and gives way to what it names now', async () => {
  const plan = (planVersion: number, files: string[]) =>
    site.plan(
      openPlan(
        planVersion,
        files.map((file) => planItem(file, contentOf.get(file) ?? Buffer.alloc(0))),
      ),
    );
  const isComplete = async (planVersion: number) => {
    const { fill } = await site.status();
    return fill.state === 'complete' && fill.planVersion === planVersion;
  };
  await plan(1, NAMES.slice(0, 8));
  await until(() => isComplete(1), 'the first plan');
  await plan(2, NAMES.slice(2, 10));
  await until(() => isComplete(2), 'the second plan');
  expect(await Promise.all(NAMES.map(isHit))).toEqual(NAMES.map((_, index) => index >= 2));
});

test('evict removes what it is told and says how much that freed', async () => {
  await fillDisks();
  const assetId = sha256(contentOf.get('a.mp4') ?? Buffer.alloc(0));
  const unknown = 'f'.repeat(64);
  expect(await site.manage('/evict', { assetIds: [assetId, unknown] })).toEqual({
    evicted: [assetId],
    freedBytes: SIZE_BYTES,
    kept: [],
  });
  expect(await isHit('a.mp4')).toBe(false);
  expect(await site.manage('/evict')).toMatchObject({ freedBytes: 7 * SIZE_BYTES });
});

test('what the plan wants is stored at its first miss, before the fill window opens', async () => {
  const now = Date.now();
  const window = { startsAt: epochMs(now + 3_600_000), endsAt: epochMs(now + 7_200_000) };
  const items = [planItem('a.mp4', contentOf.get('a.mp4') ?? Buffer.alloc(0))];
  await site.plan(openPlan(1, items, { window }));
  await until(async () => (await site.status()).fill.planVersion === 1, 'the plan');
  await (await site.get('/content/title-1/a.mp4')).arrayBuffer();
  await until(() => site.events('miss.fetch.stored').length === 1, 'the file to be stored');
  expect(await isHit('a.mp4')).toBe(true);
});

test('without a share for surprises they pass through, however often they are asked for', async () => {
  await site.stopAgent();
  site.configure({ eviction: { surpriseShare: 0 } });
  await site.startAgent();
  for (let round = 0; round < 3; round += 1) {
    const answer = await site.get('/content/title-1/a.mp4');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(contentOf.get('a.mp4'));
  }
  expect(await tierCounts()).toEqual([0, 0]);
  expect(await isHit('a.mp4')).toBe(false);
});
