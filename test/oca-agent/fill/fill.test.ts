import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import type { FillReport } from '#protocol/oca-report.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { makeKey } from '../fixtures/control-plane.ts';
import { fillSource, openPlan, planItem } from '../fixtures/plans.ts';
import { OCA_ID, TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';
import { Upstream } from '../fixtures/upstream.ts';

const files = new Map(
  ['a.mp4', 'b.mp4', 'c.mp4'].map((file, index) => [file, seededBytes(10 + index, 300_000)]),
);
const items = [...files].map(([file, content], index) =>
  planItem(file, content, { priority: 10 - index, tier: index === 2 ? 'hdd' : 'flash' }),
);
let site: TestSite;
let peer: Upstream;

beforeEach(async () => {
  site = await TestSite.start({ config: { fillTransfersMax: 1 } });
  peer = await Upstream.start();
  peer.cacheStatus = '"peer-1"; hit; detail=flash';
  for (const [file, content] of files) {
    site.cloudFront.put('title-1', file, content);
    peer.put('title-1', file, content);
  }
  site.control.sources = [
    fillSource('peer-1', peer),
    fillSource('cloudfront', site.cloudFront, 'cloudfront'),
  ];
});
afterEach(async () => {
  await site.stop();
  await peer.stop();
});

const reported = (isAsWanted: (fill: FillReport) => boolean, what: string): Promise<FillReport> =>
  until(async () => {
    const { fill } = await site.status();
    return isAsWanted(fill) ? fill : undefined;
  }, what);
const completed = (planVersion: number) =>
  reported(
    (fill) => fill.planVersion === planVersion && fill.state === 'complete',
    `plan ${planVersion} to be complete`,
  );

test('a plan is fetched from the best source in the order of its priorities, onto the planned tiers, and served as hits', async () => {
  await site.plan(openPlan(1, items));
  const fill = await completed(1);
  expect(fill).toMatchObject({
    assetsDone: 3,
    assetsTotal: 3,
    bytesDone: 900_000,
    bytesTotal: 900_000,
  });
  expect(fill.fetched).toEqual([{ sourceId: 'peer-1', fetchedBytes: 900_000 }]);
  expect(peer.requests).toEqual(['a', 'b', 'c'].map((name) => `GET /content/title-1/${name}.mp4`));
  expect(peer.headers.every((headers) => headers['cache-control'] === 'only-if-cached')).toBe(true);
  const detail = async (file: string) => {
    const answer = await site.get(`/content/title-1/${file}`);
    await answer.arrayBuffer();
    return answer.headers.get('cache-status');
  };
  expect(await detail('a.mp4')).toBe(`"${OCA_ID}"; hit; detail=flash`);
  expect(await detail('c.mp4')).toBe(`"${OCA_ID}"; hit; detail=hdd`);
  const inventory = await until(
    () => site.control.inventories.find(({ titles }) => titles[0]?.assetIds.length === 3),
    'the inventory to arrive',
  );
  expect(inventory.titles[0]?.titleId).toBe('title-1');
  expect(site.control.faults).toEqual([]);
});

test('the same plan a second time, and the next plan with the same assets, move no byte', async () => {
  await site.plan(openPlan(1, items));
  await completed(1);
  const before = peer.requests.length;
  await site.plan(openPlan(2, items));
  const fill = await completed(2);
  expect(fill.fetched).toEqual([]);
  expect([peer.requests.length, site.cloudFront.requests.length]).toEqual([before, 0]);
});

test('a fill master that does not hold the assets yet is waited for, and nothing comes from outside the site', async () => {
  const refusalsLeft = new Map([...files.keys()].map((file) => [file, 2]));
  peer.interfere = (request, response) => {
    const file = request.url?.split('/').at(-1) ?? '';
    const left = refusalsLeft.get(file) ?? 0;
    refusalsLeft.set(file, left - 1);
    if (left <= 0) return false;
    response.writeHead(504).end();
    return true;
  };
  const master = { ...fillSource('peer-1', peer), waitSeconds: 60 };
  site.control.sources = [master, fillSource('cloudfront', site.cloudFront, 'cloudfront')];
  await site.plan(openPlan(1, items));
  const fill = await completed(1);
  expect(fill.fetched).toEqual([{ sourceId: 'peer-1', fetchedBytes: 900_000 }]);
  expect(site.cloudFront.requests).toEqual([]);
});

test('a fill master that never comes to hold them is waited for once, not once for each asset', async () => {
  peer.interfere = (_request, response) => {
    response.writeHead(504).end();
    return true;
  };
  const master = { ...fillSource('peer-1', peer), waitSeconds: 1 };
  site.control.sources = [master, fillSource('cloudfront', site.cloudFront, 'cloudfront')];
  await site.plan(openPlan(1, items));
  const fill = await completed(1);
  expect(fill.fetched).toEqual([{ sourceId: 'cloudfront', fetchedBytes: 900_000 }]);
  const asked = (file: string) => peer.requests.filter((line) => line.endsWith(file)).length;
  expect(asked('a.mp4')).toBeGreaterThan(1);
  expect([asked('b.mp4'), asked('c.mp4')]).toEqual([1, 1]);
});

test('bytes that a poisoned source sends never become visible; the next source fills, and the poisoner is left out', async () => {
  peer.interfere = (_request, response, file) => {
    if (!file) return false;
    const wrong = Buffer.from(file.content).fill(0, 0, 16);
    response.writeHead(200, { 'content-length': wrong.length, 'cache-status': peer.cacheStatus });
    response.end(wrong);
    return true;
  };
  await site.plan(openPlan(1, items));
  const fill = await completed(1);
  expect(fill.fetched).toContainEqual({ sourceId: 'cloudfront', fetchedBytes: 900_000 });
  expect(site.events('fill.asset.refused').map(({ sourceId }) => sourceId)).toEqual(
    Array.from({ length: 3 }, () => 'peer-1'),
  );
  for (const [file, content] of files) {
    const answer = await site.get(`/content/title-1/${file}`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  }
});

test('a transfer that breaks off goes on from the next source where it stopped', async () => {
  peer.interfere = (request, response, file) => {
    if (!file || !request.url?.endsWith('a.mp4')) return false;
    response.writeHead(200, {
      'content-length': file.content.length,
      'cache-status': peer.cacheStatus,
    });
    response.write(file.content.subarray(0, 100_000), () => setImmediate(() => response.destroy()));
    return true;
  };
  await site.plan(openPlan(1, items.slice(0, 1)));
  const fill = await completed(1);
  const fetchedBytes = Object.fromEntries(
    fill.fetched.map((from) => [from.sourceId, from.fetchedBytes]),
  );
  expect((fetchedBytes['peer-1'] ?? 0) + (fetchedBytes.cloudfront ?? 0)).toBe(300_000);
  expect(fetchedBytes['peer-1']).toBeGreaterThan(0);
  expect(site.cloudFront.headers[0]?.range).toBe(`bytes=${fetchedBytes['peer-1']}-`);
});

test('when one of two senders was wrong, the last one is asked for the whole', async () => {
  peer.interfere = (_request, response, file) => {
    if (!file) return false;
    response.writeHead(200, {
      'content-length': file.content.length,
      'cache-status': peer.cacheStatus,
    });
    response.write(Buffer.alloc(50_000, 'wrong'), () => setImmediate(() => response.destroy()));
    return true;
  };
  await site.plan(openPlan(1, items.slice(0, 1)));
  await completed(1);
  const ranges = site.cloudFront.headers.map(({ range }) => range);
  expect(ranges).toEqual([expect.stringMatching(/^bytes=\d+-$/), undefined]);
});

test('a peer that would only relay is passed over, one that does not hold the asset too', async () => {
  peer.cacheStatus = '"cloudfront"; hit, "peer-1"; fwd=uri-miss; stored';
  await site.plan(openPlan(1, items.slice(0, 1)));
  expect((await completed(1)).fetched).toEqual([{ sourceId: 'cloudfront', fetchedBytes: 300_000 }]);
  peer.interfere = (_request, response) => {
    response.writeHead(504).end();
    return true;
  };
  await site.plan(openPlan(2, items.slice(0, 2)));
  expect((await completed(2)).fetched).toEqual([{ sourceId: 'cloudfront', fetchedBytes: 300_000 }]);
});

test('an asset that a client’s miss brought in is not fetched again', async () => {
  await site.store('title-1', 'a.mp4');
  await site.plan(openPlan(1, items.slice(0, 1)));
  expect((await completed(1)).fetched).toEqual([]);
});

test('one asset under two names is fetched once and served under both', async () => {
  const content = files.get('a.mp4') ?? Buffer.alloc(0);
  const twin = planItem('twin.mp4', content, { titleId: 'title-2' });
  await site.plan(openPlan(1, [items[0] ?? twin, twin]));
  const fill = await completed(1);
  expect(fill.fetched).toEqual([{ sourceId: 'peer-1', fetchedBytes: 300_000 }]);
  const answer = await site.get('/content/title-2/twin.mp4');
  expect(answer.headers.get('cache-status')).toContain('; hit');
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
});

test('new bytes under an old name replace the old ones', async () => {
  await site.plan(openPlan(1, items.slice(0, 1)));
  await completed(1);
  const replaced = seededBytes(99, 200_000);
  peer.put('title-1', 'a.mp4', replaced);
  await site.plan(openPlan(2, [planItem('a.mp4', replaced)]));
  await completed(2);
  const answer = await site.get('/content/title-1/a.mp4');
  expect(Buffer.from(await answer.arrayBuffer()).equals(replaced)).toBe(true);
  expect((await site.status()).tiers[0]).toMatchObject({ assetCount: 1, usedBytes: 200_000 });
});

test('what may not be shown any more is not fetched, and the plan is complete without it', async () => {
  const [first, ...others] = items;
  const ended = { ...first, availableUntil: epochMs(Date.now() - 1000) } as (typeof items)[number];
  await site.plan(openPlan(1, [ended, ...others]));
  expect(await completed(1)).toMatchObject({ assetsDone: 2, assetsTotal: 3 });
  expect(peer.requests).toEqual(['GET /content/title-1/b.mp4', 'GET /content/title-1/c.mp4']);
});

test('nothing is fetched before the window, nor after it, nor after the plan has expired', async () => {
  const now = Date.now();
  const window = (fromMs: number, toMs: number) => ({
    window: { startsAt: epochMs(now + fromMs), endsAt: epochMs(now + toMs) },
  });
  await site.plan(openPlan(1, items, window(3_600_000, 7_200_000)));
  await reported((fill) => fill.state === 'waiting-for-window', 'waiting for the window');
  await site.plan(openPlan(2, items, window(-7_200_000, -3_600_000)));
  await reported(
    (fill) => fill.planVersion === 2 && fill.state === 'incomplete',
    'a missed window',
  );
  expect(peer.requests).toEqual([]);
});

test('forged, foreign, expired and older plans are refused, the reason is reported, and the plan in force stays', async () => {
  await site.plan(openPlan(5, items));
  await completed(5);
  const refused = (refusal: string) =>
    reported((fill) => fill.refusal === refusal && fill.planVersion === 5, refusal);
  await site.plan(openPlan(6, []), await makeKey('plan-1', 'fill-plan'));
  await refused('plan-signature');
  await site.plan(openPlan(7, [], { ocaId: 'another' as never }));
  await refused('plan-audience');
  await site.plan(openPlan(8, [], { expiresAt: epochMs(Date.now() - 1) }));
  await refused('plan-expired');
  await site.plan(openPlan(4, []));
  await refused('plan-rollback');
  expect((await site.status()).tiers.map(({ assetCount }) => assetCount)).toEqual([2, 1]);
});

test('a restart keeps assets, plan and version: an older plan is refused still, and nothing moves', async () => {
  await site.plan(openPlan(5, items));
  await completed(5);
  await site.stopAgent();
  const moved = peer.requests.length;
  await site.control.offerPlan(openPlan(4, []));
  await site.startAgent();
  const fill = await reported(
    (report) => report.refusal === 'plan-rollback',
    'the old plan to be refused',
  );
  expect(fill).toMatchObject({ planVersion: 5, assetsDone: 3, fetched: [] });
  expect(peer.requests.length).toBe(moved);
});

test('a source that is away for a while does not end the fill', async () => {
  let isAway = true;
  const away: Upstream['interfere'] = (request) => isAway && Boolean(request.destroy());
  peer.interfere = away;
  site.cloudFront.interfere = away;
  await site.plan(openPlan(1, items.slice(0, 1)));
  await reported((fill) => fill.state === 'incomplete', 'a pass to fail');
  isAway = false;
  await site.manage('/fill');
  await completed(1);
});
