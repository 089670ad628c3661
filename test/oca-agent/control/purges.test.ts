import { afterEach, expect, test } from '@jest/globals';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { fillSource, openPlan, planItem } from '../fixtures/plans.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

const FIRST = seededBytes(1, 1000);
const SECOND = seededBytes(2, 1000);
let site: TestSite;
afterEach(() => site.stop());

/** A site that holds `title-1/a.mp4` and `b.mp4`, both with the first content. */
async function siteWithFiles(...files: readonly string[]): Promise<void> {
  site = await TestSite.start();
  for (const [index, file] of files.entries()) {
    site.cloudFront.put('title-1', file, Buffer.concat([FIRST, Buffer.from([index])]));
    await site.store('title-1', file);
  }
}
const applied = (purgeId: number) =>
  until(
    () => site.control.lastReport?.purgedThrough === purgeId,
    `purge ${purgeId} to be reported`,
  );
async function get(file: string): Promise<{ hash: string; status: string }> {
  const answer = await site.get(`/content/title-1/${file}`);
  const hash = sha256(Buffer.from(await answer.arrayBuffer()));
  return {
    hash,
    status: /; (hit|stale|fwd=[a-z-]+)/.exec(answer.headers.get('cache-status') ?? '')?.[1] ?? '',
  };
}
const requestsFor = (file: string) =>
  site.cloudFront.requests.filter((request) => request.endsWith(`/${file}`)).length;

test('a hard purge takes the file away, reports it, and leaves the others alone', async () => {
  await siteWithFiles('a.mp4', 'b.mp4');
  const { sha256: replaced } = site.cloudFront.put('title-1', 'a.mp4', SECOND);
  const purgeId = site.control.purge({ titleId: 'title-1', files: ['a.mp4'], soft: false });
  await applied(purgeId);
  expect(await get('a.mp4')).toMatchObject({ hash: replaced });
  const before = requestsFor('b.mp4');
  expect(await get('b.mp4')).toMatchObject({ status: 'hit' });
  expect(requestsFor('b.mp4')).toBe(before);
});

test('what comes of a purged file while CloudFront forgets it is passed on, and not kept', async () => {
  await siteWithFiles('a.mp4');
  await applied(site.control.purge({ titleId: 'title-1', soft: false }));
  const before = requestsFor('a.mp4');
  for (let round = 0; round < 3; round += 1) await get('a.mp4');
  expect(requestsFor('a.mp4')).toBe(before + 3);
  expect((await site.status()).tiers.map(({ assetCount }) => assetCount)).toEqual([0, 0]);
});

test('a transfer that was under way when its file was purged puts nothing back', async () => {
  await siteWithFiles('a.mp4');
  site.cloudFront.put('title-1', 'late.mp4', FIRST);
  await (await site.get('/content/title-1/late.mp4')).arrayBuffer();
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  site.cloudFront.interfere = (request, response, file) => {
    if (!file || !request.url?.endsWith('late.mp4')) return false;
    response.writeHead(200, {
      etag: file.etag,
      'content-length': file.content.length,
      'x-amz-meta-sha256': file.sha256,
    });
    response.write(file.content.subarray(0, 100));
    begun.resolve();
    void gate.promise.then(() => response.end(file.content.subarray(100)));
    return true;
  };
  const answer = site.get('/content/title-1/late.mp4').then((got) => got.arrayBuffer());
  await begun.promise;
  await applied(site.control.purge({ titleId: 'title-1', files: ['late.mp4'], soft: false }));
  gate.resolve();
  expect((await answer).byteLength).toBe(FIRST.length);
  await until(() => site.events('miss.fetch.purged').length === 1, 'the transfer to be dropped');
  expect(site.events('miss.fetch.stored').map(({ file }) => file)).toEqual(['a.mp4']);
});

test('what the plan wants is filled again after a hard purge', async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'a.mp4', FIRST);
  site.control.sources = [fillSource('cloudfront', site.cloudFront, 'cloudfront')];
  await site.plan(openPlan(1, [planItem('a.mp4', FIRST)]));
  await until(async () => (await site.status()).fill.state === 'complete', 'the fill');
  const before = requestsFor('a.mp4');
  await applied(site.control.purge({ titleId: 'title-1', prefix: 'a', soft: false }));
  await until(() => requestsFor('a.mp4') > before, 'the file to be fetched again');
  await until(async () => (await site.status()).fill.state === 'complete', 'the fill again');
  expect(await get('a.mp4')).toEqual({ hash: sha256(FIRST), status: 'hit' });
});

test('a soft purge keeps the file and asks about it, without a transfer where it is the same', async () => {
  await siteWithFiles('a.mp4');
  await applied(site.control.purge({ titleId: 'title-1', prefix: 'a.', soft: true }));
  site.cloudFront.requests.splice(0);
  expect(await get('a.mp4')).toMatchObject({ status: 'hit' });
  expect(site.cloudFront.requests).toEqual(['HEAD /content/title-1/a.mp4']);
});

test('a file that a soft purge put in doubt and that is another one now is replaced, and served stale when nobody can say', async () => {
  await siteWithFiles('a.mp4');
  await applied(site.control.purge({ titleId: 'title-1', soft: true }));
  site.cloudFront.interfere = (_request, response) => {
    response.writeHead(503, { 'cache-status': '"cloudfront"; fwd=uri-miss' }).end();
    return true;
  };
  expect(await get('a.mp4')).toMatchObject({ status: expect.stringMatching(/stale/) });
  site.cloudFront.interfere = () => false;
  const { sha256: replaced } = site.cloudFront.put('title-1', 'a.mp4', SECOND);
  expect(await get('a.mp4')).toMatchObject({ hash: replaced });
});

test('purges outlive a restart: none is applied twice, and doubt stays', async () => {
  await siteWithFiles('a.mp4');
  await applied(site.control.purge({ titleId: 'title-1', soft: true }));
  await site.stopAgent();
  await site.startAgent();
  await applied(1);
  expect(site.events('purge.applied')).toHaveLength(1);
  site.cloudFront.requests.splice(0);
  await get('a.mp4');
  expect(site.cloudFront.requests).toEqual(['HEAD /content/title-1/a.mp4']);
});

test('an agent that has missed purges which are told no more doubts all that it holds', async () => {
  await siteWithFiles('a.mp4', 'b.mp4');
  site.control.oldestPurgeId = 7;
  site.control.purges = [];
  const requestedAt = 1 as never;
  site.control.purges = [{ purgeId: 7, titleId: 'title-9' as never, soft: false, requestedAt }];
  await applied(7);
  expect(site.events('purge.missed')).toEqual([{ through: 6 }]);
  site.cloudFront.requests.splice(0);
  await get('b.mp4');
  expect(site.cloudFront.requests).toEqual(['HEAD /content/title-1/b.mp4']);
});
