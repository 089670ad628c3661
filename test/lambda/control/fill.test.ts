import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import {
  importTokenKey,
  TOKEN_LENGTH_MAX,
  verifySessionToken,
} from '#domain/tokens/session-token.ts';
import { decode } from '#protocol/decode.ts';
import { type DsseEnvelope, dsseEnvelope } from '#protocol/dsse.ts';
import { acceptFillPlan } from '#protocol/fill-plan.ts';
import { type FillSources, fillSources } from '#protocol/fill-sources.ts';
import { importKeys, type KeySet } from '#protocol/key-set.ts';
import {
  type ControlPlaneUnderTest,
  ENVIRONMENT,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import {
  assetIdOf,
  catalog,
  declareSites,
  hold,
  publish,
  register,
  reportAll,
} from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
beforeEach(async () => {
  plane = await startControlPlane();
  await declareSites(plane);
  await register(plane);
  await reportAll(plane, 1);
});
afterEach(() => plane.stop());

const VIDEO = assetIdOf('city/video-404p.mp4');
const planNow = () =>
  plane.planner({ 'detail-type': 'Fill Plan Requested', detail: { window: 'now' } });
const getPlan = (ocaId: string, headers = {}, as = ocaId) =>
  plane.control<DsseEnvelope>('GET', `/v1/ocas/${ocaId}/plan`, { as, headers });
const askSources = async (ocaId: string, assetIds: readonly string[]) => {
  const options = { as: ocaId, body: { assetIds } };
  const answer = await plane.control<FillSources>('POST', `/v1/ocas/${ocaId}/sources`, options);
  expect(answer.status).toBe(200);
  expect(decode(fillSources, answer.json)).toMatchObject({ ok: true });
  return answer.json;
};
const sourcesOf = async (ocaId: string, assetId = VIDEO) =>
  (await askSources(ocaId, [assetId])).assets[0]?.sourceIds;
const claimsOf = async (token: string) => {
  const { keys } = (await plane.control<KeySet>('GET', '/v1/keys', { as: 'metro-1' })).json;
  const trusted = await Promise.all(
    keys.map(async ({ kid, x }) => [kid, await importTokenKey(x)] as const),
  );
  const verdict = await verifySessionToken(token, {
    keys: new Map(trusted),
    issuer: ENVIRONMENT.TOKEN_ISSUER,
    now: plane.clock.now(),
  });
  return verdict.ok ? verdict.claims : verdict.refusal;
};

test('an OCA without a plan is told to come again', async () => {
  const answer = await plane.control('GET', '/v1/ocas/metro-1/plan', {
    as: 'metro-1',
  });
  expect([answer.status, answer.json.code]).toEqual([404, 'plan-not-found']);
});

test('the plan of an OCA is its own and the operator’s', async () => {
  await planNow();
  expect((await getPlan('metro-1', {}, 'metro-2')).status).toBe(403);
  expect((await getPlan('metro-1', {}, OPERATOR)).status).toBe(200);
});

test('an agent accepts the plan with the published keys', async () => {
  await publish(plane);
  await planNow();
  const { json, headers } = await getPlan('metro-1');
  expect(headers['Cache-Control']).toBe('private, no-cache');
  expect(decode(dsseEnvelope, json)).toMatchObject({ ok: true });
  const { keys } = (await plane.control<KeySet>('GET', '/v1/keys', { as: 'metro-1' })).json;
  const rules = { ocaId: 'metro-1' as OcaId, planVersionInForce: 0, now: plane.clock.now() };
  const trustedKeys = await importKeys(keys, 'fill-plan');
  const verdict = await acceptFillPlan(json, { ...rules, trustedKeys });
  expect(verdict).toMatchObject({ ok: true, plan: { ocaId: 'metro-1', items: { length: 5 } } });
  const foreign = await acceptFillPlan(json, {
    ...rules,
    trustedKeys: await importKeys(keys, 'session-token'),
  });
  expect(foreign).toEqual({ ok: false, refusal: 'plan-signature' });
});

test('a plan that the agent has is not sent again', async () => {
  await planNow();
  const etag = (await getPlan('metro-1')).headers.ETag ?? '';
  expect(etag).toMatch(/^"[^"]+"$/);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = await getPlan('metro-1', { 'if-none-match': known });
    expect([answer.status, answer.headers.ETag, answer.text]).toEqual([304, etag, '']);
  }
  plane.clock.advance(1);
  await planNow();
  const answer = await getPlan('metro-1', { 'if-none-match': etag });
  expect(answer.status).toBe(200);
  expect(answer.headers.ETag).not.toBe(etag);
});

test('sources are told for what the plan names, and for nothing else', async () => {
  await publish(plane);
  expect((await askSources('metro-1', [VIDEO])).assets).toEqual([
    { assetId: VIDEO, sourceIds: [] },
  ]);
  await planNow();
  const answer = await askSources('metro-1', [VIDEO, 'f'.repeat(64)]);
  expect(answer.assets[0]?.sourceIds.at(-1)).toBe('cloudfront');
  expect(answer.assets[1]).toEqual({ assetId: 'f'.repeat(64), sourceIds: [] });
  expect(await claimsOf(answer.token)).toMatchObject({ sid: 'oca:metro-1', p: ['/content/city/'] });
});

test('a request of a wrong shape is refused', async () => {
  const options = { as: 'metro-1', body: { assetIds: ['short'] } };
  const answer = await plane.control('POST', '/v1/ocas/metro-1/sources', options);
  expect(answer.json.code).toBe('message-invalid');
});

test('before anybody holds it, one OCA of a site goes outside and the other asks it', async () => {
  await publish(plane);
  await planNow();
  const [one, other] = [await sourcesOf('metro-1'), await sourcesOf('metro-2')];
  const lists = [one, other].sort((a = [], b = []) => a.length - b.length);
  expect(lists[0]).toEqual(['cloudfront']);
  expect(lists[1]).toEqual([one?.length === 1 ? 'metro-1' : 'metro-2', 'cloudfront']);
});

test('peers that hold an asset come first, then other sites, then CloudFront', async () => {
  await publish(plane);
  await planNow();
  await hold(plane, 'exchange-1');
  await hold(plane, 'metro-2', ['video-404p.mp4']);
  const { sources, assets } = await askSources('metro-1', [VIDEO, assetIdOf('city/audio.mp4')]);
  expect(assets[0]?.sourceIds).toEqual(['metro-2', 'exchange-1', 'cloudfront']);
  expect(assets[1]?.sourceIds.slice(-2)).toEqual(['exchange-1', 'cloudfront']);
  expect(sources.map(({ sourceId, kind, baseUrl }) => [sourceId, kind, baseUrl])).toEqual([
    ['metro-2', 'peer', 'https://metro-2.oca.test'],
    ['exchange-1', 'site', 'https://exchange-1.oca.test'],
    ['cloudfront', 'cloudfront', 'https://cf-edge.test'],
  ]);
  expect(sources[1]?.reason).toMatch(/^site ixp-exchange, \d+ km away, holds it$/);
});

test('what an OCA dropped, or an OCA that fell silent, is no source', async () => {
  await publish(plane);
  await planNow();
  await hold(plane, 'metro-2');
  expect(await sourcesOf('metro-1')).toContain('metro-2');
  await hold(plane, 'metro-2', ['audio.mp4']);
  await hold(plane, 'exchange-1');
  plane.clock.advance(6001);
  await reportAll(plane, 2, ['metro-2']);
  expect(await sourcesOf('exchange-1', assetIdOf('city/audio.mp4'))).toEqual([
    'metro-2',
    'cloudfront',
  ]);
  expect(await sourcesOf('metro-1')).not.toContain('exchange-1');
});

test('when the titles of a request are more than a token can name, the first are answered and the rest asked again', async () => {
  const titleIds = Array.from({ length: 12 }, (_, index) => `${'long-'.repeat(12)}${index}`);
  for (const titleId of titleIds) await publish(plane, titleId);
  await planNow();
  const assetIds = titleIds.map((titleId) => assetIdOf(`${titleId}/audio.mp4`));
  const { token, assets } = await askSources('metro-1', assetIds);
  expect(token.length).toBeLessThanOrEqual(TOKEN_LENGTH_MAX);
  const answered = assets.filter((asset) => asset.sourceIds.length > 0).length;
  expect(answered).toBeGreaterThanOrEqual(5);
  expect(answered).toBeLessThan(12);
  expect(assets.slice(0, answered).every((asset) => asset.sourceIds.length > 0)).toBe(true);
  expect(await claimsOf(token)).toMatchObject({ p: { length: answered } });
});

test('an inventory for another OCA, that names a title twice, or is too large, is refused', async () => {
  const put = (body: unknown) =>
    plane.control('PUT', '/v1/ocas/metro-1/inventory', { as: 'metro-1', body });
  const inventory = { version: 1, ocaId: 'metro-2', digest: '0'.repeat(64), titles: [] };
  expect((await put(inventory)).json.code).toBe('message-invalid');
  expect((await put('x'.repeat(6 * 2 ** 20))).status).toBe(413);
  const twice = [1, 2].map(() => ({ titleId: 'city', assetIds: [VIDEO] }));
  const doubled = await put({ ...inventory, ocaId: 'metro-1', titles: twice });
  expect(doubled.json.detail).toContain('every title once');
  const many = Array.from({ length: 48_001 }, (_, index) => index.toString(16).padStart(64, '0'));
  const crowded = { ...inventory, ocaId: 'metro-1', titles: [{ titleId: 'city', assetIds: many }] };
  const answer = await put(crowded);
  expect([answer.status, answer.json.detail]).toEqual([
    413,
    expect.stringContaining('48000 assets'),
  ]);
});

test('an OCA that holds nothing of a title any more is no source', async () => {
  await publish(plane);
  await planNow();
  await hold(plane, 'exchange-1');
  await hold(plane, 'exchange-1', []);
  expect(await sourcesOf('metro-1')).not.toContain('exchange-1');
});

test('a title that is withdrawn has no session, no record and no place in plans', async () => {
  await publish(plane);
  const remove = () => plane.control('DELETE', '/v1/titles/city', { as: OPERATOR });
  expect((await plane.control('GET', '/v1/titles/city', { as: OPERATOR })).json).toMatchObject({
    name: 'City at night',
    assetCount: 5,
    totalBytes: 10_403_500,
  });
  plane.events.length = 0;
  expect((await remove()).status).toBe(204);
  expect(plane.events).toEqual([
    { 'detail-type': 'Fill Plan Requested', detail: { window: 'now' } },
  ]);
  expect((await remove()).json.code).toBe('title-not-found');
  expect((await plane.control('GET', '/v1/titles/city', { as: OPERATOR })).status).toBe(404);
  expect((await plane.playback('GET', '/v1/playback/city')).status).toBe(404);
  await planNow();
  expect(await sourcesOf('metro-1')).toEqual([]);
});

test('a withdrawn title comes back with a later publication, not with an earlier one', async () => {
  await publish(plane);
  await plane.control('DELETE', '/v1/titles/city', { as: OPERATOR });
  await publish(plane);
  expect((await plane.playback('GET', '/v1/playback/city')).status).toBe(404);
  plane.clock.advance(2000);
  await publish(plane, 'city', { ...catalog(), publishedAt: plane.clock.now() });
  expect((await plane.playback('GET', '/v1/playback/city')).status).toBe(200);
});
