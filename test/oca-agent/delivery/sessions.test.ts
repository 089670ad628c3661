import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signSessionToken } from '#domain/tokens/session-token.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { makeKey } from '../fixtures/control-plane.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

const content = seededBytes(4, 10_000);
let site: TestSite;

beforeAll(async () => {
  site = await TestSite.start({ config: { tokens: 'required' } });
  site.cloudFront.put('title-1', 'video.mp4', content);
  site.cloudFront.put('title-2', 'video.mp4', content);
});
afterAll(() => site.stop());

const ask = async (token: string, titleId = 'title-1') => {
  const prefix = token === '' ? '' : `/~${token}`;
  const answer = await site.get(`${prefix}/content/${titleId}/video.mp4`);
  const body = await answer.text();
  return { status: answer.status, code: answer.status >= 400 ? JSON.parse(body).code : undefined };
};

test('a session token opens its title and no other', async () => {
  const token = await site.control.token(['title-1']);
  expect(await ask(token)).toEqual({ status: 200, code: undefined });
  expect(await ask(token, 'title-2')).toEqual({ status: 403, code: 'token-scope' });
});

test('the upstream is asked with the viewer’s own path', async () => {
  site.cloudFront.put('title-1', 'second.mp4', content);
  const seen: string[] = [];
  site.cloudFront.interfere = (request) => {
    seen.push(request.url ?? '');
    return false;
  };
  const token = await site.control.token(['title-1']);
  await (await site.get(`/~${token}/content/title-1/second.mp4?CMCD=x`)).arrayBuffer();
  expect(seen).toEqual([`/~${token}/content/title-1/second.mp4`]);
  site.cloudFront.interfere = () => false;
});

test('missing, malformed, forged, expired and foreign tokens are 401, each with its code', async () => {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const stranger = await makeKey('stranger', 'session-token');
  const claims = {
    iss: 'test',
    sid: 's',
    iat: nowSeconds,
    exp: nowSeconds + 60,
    p: ['/content/title-1/'],
  };
  const good = await site.control.token(['title-1']);
  const forged = `${good.slice(0, -8)}AAAAAAAA`;
  expect(await ask('')).toEqual({ status: 401, code: 'token-missing' });
  expect(await ask('abc')).toEqual({ status: 401, code: 'token-malformed' });
  expect((await ask(forged)).status).toBe(401);
  expect(await ask(await signSessionToken(claims, stranger))).toEqual({
    status: 401,
    code: 'token-key-unknown',
  });
  const sameKid = { ...stranger, kid: site.control.tokenKey.kid };
  expect(await ask(await signSessionToken(claims, sameKid))).toEqual({
    status: 401,
    code: 'token-signature',
  });
  const expired = await site.control.token(['title-1'], { iat: 1, exp: nowSeconds - 31 });
  expect(await ask(expired)).toEqual({ status: 401, code: 'token-expired' });
  const wrongIssuer = await site.control.token(['title-1'], { iss: 'other' });
  expect(await ask(wrongIssuer)).toEqual({ status: 401, code: 'token-signature' });
});

test('while draining, sessions that are under way go on, new ones get 429, and health says so', async () => {
  const running = await site.control.token(['title-1'], { sid: 'running' });
  expect((await ask(running)).status).toBe(200);
  await site.manage('/drain', { draining: true });
  expect((await ask(running)).status).toBe(200);
  const fresh = await site.control.token(['title-1'], { sid: 'fresh' });
  const answer = await site.get(`/~${fresh}/content/title-1/video.mp4`);
  expect([answer.status, await answer.json()]).toMatchObject([429, { code: 'draining' }]);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  const health = await site.get('/health');
  expect([health.status, await health.json()]).toMatchObject([
    503,
    { state: 'draining', reasons: ['drained on the appliance'] },
  ]);
  expect(health.headers.get('retry-after')).not.toBeNull();
  await until(() => site.control.lastReport?.state === 'draining', 'a report that says draining');
  await site.manage('/drain', { draining: false });
  expect((await ask(fresh)).status).toBe(200);
  expect((await site.get('/health')).status).toBe(200);
});

test('the control plane drains by what it answers to a report', async () => {
  site.control.desiredState = 'draining';
  await until(async () => (await site.get('/health')).status === 503, 'health to say 503');
  expect((await site.status()).reasons).toEqual(['drained by the control plane']);
  site.control.desiredState = 'in-service';
  await until(async () => (await site.get('/health')).status === 200, 'health to say 200');
});
