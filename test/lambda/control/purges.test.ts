import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { OcaId, TitleId } from '#domain/ids.ts';
import type { ReportReceipt } from '#protocol/oca-report.ts';
import type { Purge, PurgeList, PurgeStatus } from '#protocol/purge.ts';
import { purgeStore } from '../../../lambda/shared/stores/purge-store.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import { catalog, fleetInService, OCAS, publish, report } from '../support/fleet.ts';

const as = OPERATOR;
let plane: ControlPlaneUnderTest;
beforeAll(async () => {
  plane = await startControlPlane();
  await fleetInService(plane);
  await publish(plane);
});
afterAll(() => plane.stop());
beforeEach(() => {
  plane.invalidated.splice(0);
});

const ask = (body: unknown) => plane.control<Purge>('POST', '/v1/purges', { as, body });
const codeOf = async (answer: Promise<{ json: unknown }>) =>
  ((await answer).json as { code?: string }).code;
const list = async (after: number) =>
  (await plane.control<PurgeList>('GET', `/v1/purges?after=${after}`, { as: 'metro-1' })).json;
const status = async (purgeId: number) =>
  (await plane.control<PurgeStatus>('GET', `/v1/purges/${purgeId}`, { as })).json;

let sequence = 100;
async function reported(ocaId: string, purgedThrough: number): Promise<ReportReceipt> {
  plane.clock.advance(1001);
  sequence += 1;
  const sentAt = plane.clock.now();
  const body = report(ocaId, { sequence, sentAt, purgedThrough });
  const target = `/v1/ocas/${ocaId}/reports`;
  return (await plane.control<ReportReceipt>('POST', target, { as: ocaId, body })).json;
}

test('a purge that says two things, or nothing that there is, is refused, and CloudFront is asked nothing', async () => {
  expect(await codeOf(ask({ titleId: 'city', file: 'a.mp4', prefix: 'a' }))).toBe(
    'message-invalid',
  );
  expect(await codeOf(ask({ titleId: 'city', prefix: '*' }))).toBe('message-invalid');
  expect(await codeOf(ask({ titleId: 'absent', profile: 'h264' }))).toBe('title-not-found');
  expect(await codeOf(ask({ titleId: 'city', profile: 'none' }))).toBe('not-found');
  expect(await codeOf(plane.control('GET', '/v1/purges?after=x', { as }))).toBe('request-invalid');
  expect(await codeOf(plane.control('GET', '/v1/purges/99', { as }))).toBe('not-found');
  expect(plane.invalidated).toEqual([]);
  expect(await list(0)).toEqual({ purges: [], oldestPurgeId: 1 });
});

test('purges are numbered without a gap and told in order, and CloudFront is asked for the same paths', async () => {
  const { json: file, status: created } = await ask({ titleId: 'city', file: 'a.mp4' });
  const { json: prefix } = await ask({ titleId: 'city', prefix: 'video/', soft: true });
  const { json: title } = await ask({ titleId: 'gone' });
  expect([created, file.purgeId, prefix.purgeId, title.purgeId]).toEqual([201, 1, 2, 3]);
  expect(file).toMatchObject({ titleId: 'city', files: ['a.mp4'], soft: false });
  expect(await list(0)).toEqual({ purges: [file, prefix, title], oldestPurgeId: 1 });
  expect((await list(1)).purges).toEqual([prefix, title]);
  expect(plane.invalidated).toEqual([
    '/content/city/a.mp4',
    '/content/city/video/*',
    '/content/gone/*',
  ]);
  expect((await reported('metro-1', 0)).newestPurgeId).toBe(3);
});

test('a profile stands for the files of its tracks', async () => {
  const { tracks } = catalog() as { tracks: { profile: string; files: string[] }[] };
  const [{ profile, files } = { profile: '', files: [] }] = tracks;
  const { json } = await ask({ titleId: 'city', profile });
  expect(json.files?.toSorted()).toEqual(files.toSorted());
});

test('two who ask at once get two purges', async () => {
  const before = (await list(0)).purges.length;
  const store = () => purgeStore(plane.dynamoDb, 'fleet');
  const scope = { titleId: 'city' as TitleId, soft: false, requestedAt: plane.clock.now() };
  const added = await Promise.all([1, 2, 3, 4].map(() => store().add(scope, [])));
  expect(added.map(({ purgeId }) => purgeId - before).toSorted()).toEqual([1, 2, 3, 4]);
  expect((await list(before)).purges.map(({ purgeId }) => purgeId - before)).toEqual([1, 2, 3, 4]);
});

test('who has reported it has done it; who reports and has not is waited for; who is silent is unreachable', async () => {
  const { json } = await ask({ titleId: 'city' });
  const { purgeId } = json;
  await reported('metro-1', purgeId);
  await reported('metro-2', purgeId - 1);
  expect(await status(purgeId)).toMatchObject({
    purge: json,
    acknowledged: ['metro-1'],
    cloudFront: [{ distributionId: 'E2TEST', state: 'completed' }],
  });
  plane.clock.advance(6001);
  await reported('metro-2', purgeId - 1);
  const { acknowledged, waiting, unreachable } = await status(purgeId);
  expect([acknowledged, waiting]).toEqual([['metro-1'], ['metro-2']]);
  const silent = OCAS.map(({ ocaId }) => ocaId as OcaId).filter((id) => !/^metro/.test(id));
  expect(unreachable.toSorted()).toEqual(silent.toSorted());
});

test('where CloudFront refuses, nothing is purged, and it says why', async () => {
  const before = (await list(0)).purges.length;
  const deaf = await startControlPlane({ CLOUDFRONT_URLS: 'https://elsewhere.test' });
  const options = { as, body: { titleId: 'city' } };
  const refused = await deaf.control('POST', '/v1/purges', options).finally(() => deaf.stop());
  expect([refused.status, refused.json.code]).toEqual([502, 'upstream-invalid']);
  expect(refused.json.detail).toContain('elsewhere.test');
  expect((await list(0)).purges).toHaveLength(before);
});
