import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { get, Agent as HttpAgent } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Clock } from '#domain/clock.ts';
import { epochMs } from '#domain/units.ts';
import { systemClock } from '../../../../oca-agent/platform/node-platform.ts';
import { seededBytes } from '../../fixtures/bytes.ts';
import { nginxPid } from '../../fixtures/data-plane.ts';
import { TestSite } from '../../fixtures/test-agent.ts';
import { until } from '../../fixtures/until.ts';

let skewMs = 0;
const skewedClock: Clock = {
  now: () => epochMs(systemClock.now() + skewMs),
  sleep: systemClock.sleep,
};
const content = seededBytes(21, 3_000_000);
const PATH = '/content/title-1/video.mp4';
let site: TestSite;
let token: string;

beforeEach(async () => {
  skewMs = 0;
  site = await TestSite.start({
    config: { tokens: 'required' },
    platform: { clock: skewedClock },
  });
  site.cloudFront.put('title-1', 'video.mp4', content);
  token = await site.control.token(['title-1'], { sid: 'viewer-1' });
  // The first passes through, the second is stored, and from then on nginx has it.
  await until(async () => (await cacheStatusOf(token)) === '"test-oca"; hit', 'a hit of nginx');
});
afterEach(() => site.stop());

async function cacheStatusOf(someToken: string): Promise<string | null> {
  const answer = await site.get(`/~${someToken}${PATH}`);
  await answer.arrayBuffer();
  return answer.headers.get('cache-status');
}
const statusOf = async (url: string) => {
  const answer = await fetch(url, { headers: { connection: 'close' } });
  return { status: answer.status, body: await answer.text() };
};
const stateDirectory = () => join(site.folder, 'state');

/** Downloads the file again and again over kept-alive connections until told to end; slowly, so that much is under way. */
function load(url: string, clients: number) {
  const agent = new HttpAgent({ keepAlive: true });
  const digest = createHash('sha256').update(content).digest('hex');
  const seen = { whole: 0, failed: [] as string[] };
  let isEnding = false;
  const download = () =>
    new Promise<void>((resolve) => {
      const hash = createHash('sha256');
      const fail = (why: string) => {
        seen.failed.push(why);
        resolve();
      };
      get(url, { agent }, (response) => {
        response.on('data', (chunk) => {
          hash.update(chunk);
          response.pause();
          setTimeout(() => response.resume(), 1);
        });
        response.on('error', (error) => fail(error.message));
        response.on('end', () => {
          if (hash.digest('hex') !== digest) return fail(`status ${response.statusCode}`);
          seen.whole += 1;
          resolve();
        });
      }).on('error', (error) => fail(error.message));
    });
  const client = async () => {
    while (!isEnding) await download();
  };
  const clientsDone = Promise.all(Array.from({ length: clients }, client));
  return {
    seen,
    end: async () => {
      isEnding = true;
      await clientsDone;
      agent.destroy();
    },
  };
}

test('hits go on while the agent is away; what only the agent can answer is a problem, and health says so', async () => {
  const { url } = site;
  await site.stopAgent();
  const answer = await fetch(`${url}/~${token}${PATH}`);
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  const missed = await statusOf(`${url}/~${token}/content/title-1/other.mp4`);
  expect([missed.status, JSON.parse(missed.body)]).toMatchObject([
    502,
    { code: 'upstream-unreachable' },
  ]);
  const health = await statusOf(`${url}/health`);
  expect([health.status, JSON.parse(health.body)]).toMatchObject([503, { code: 'out-of-service' }]);
  await site.startAgent();
  await until(async () => (await statusOf(`${site.url}/health`)).status === 200, 'service');
});

test('no download fails while the agent restarts and nginx is reloaded, again and again', async () => {
  const { whole, failed } = await (async () => {
    const { seen, end } = load(`${site.url}/~${token}${PATH}`, 20);
    for (let round = 0; round < 3; round += 1) {
      await site.stopAgent();
      await site.startAgent();
      const before = seen.whole;
      await until(() => seen.whole > before + 20, 'downloads to go on');
      process.kill((await nginxPid(stateDirectory())) ?? 0, 'SIGHUP');
      await until(() => seen.whole > before + 40, 'downloads to go on');
    }
    await end();
    return seen;
  })();
  expect(failed).toEqual([]);
  expect(whole).toBeGreaterThan(100);
});

test('a token that expires ends at nginx, too', async () => {
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  skewMs = exp * 1000 + 31_000 - Date.now();
  const ended = async () => (await statusOf(`${site.url}/~${token}${PATH}`)).status === 401;
  await until(ended, 'the token to end');
});

test('a session that is revoked ends at nginx within ten seconds, and others go on', async () => {
  const other = await site.control.token(['title-1'], { sid: 'viewer-2' });
  await until(async () => (await cacheStatusOf(other)) === '"test-oca"; hit', 'a hit of nginx');
  site.control.revoke('viewer-1');
  const refused = async () => {
    const { status, body } = await statusOf(`${site.url}/~${token}${PATH}`);
    return status === 401 && JSON.parse(body).code === 'token-revoked';
  };
  await until(refused, 'the session to end');
  expect(await cacheStatusOf(other)).toBe('"test-oca"; hit');
});

test('a genuine token opens nothing beside its scope at nginx, and another’s letters open nothing', async () => {
  site.cloudFront.put('title-2', 'video.mp4', content);
  const wide = await site.control.token(['title-1', 'title-2'], { sid: 'wide' });
  const second = `/content/title-2/video.mp4`;
  const isHit = async () => {
    const answer = await site.get(`/~${wide}${second}`);
    await answer.arrayBuffer();
    return answer.headers.get('cache-status') === '"test-oca"; hit';
  };
  await until(isHit, 'a hit of nginx');
  expect((await statusOf(`${site.url}/~${token}${second}`)).status).toBe(403);
  for (const wrong of [token.slice(0, -1), `${token}A`, token.replace('.', '.A'), 'x'])
    expect((await statusOf(`${site.url}/~${wrong}${PATH}`)).status).toBe(401);
});

test('a hit of nginx is in the delivery log with session, tier, bytes and the id that the answer had', async () => {
  const answer = await site.get(`/~${token}${PATH}?CMCD=${encodeURIComponent('sid="a",bl=100')}`, {
    range: 'bytes=5-104',
  });
  await answer.arrayBuffer();
  const requestId = answer.headers.get('x-request-id') ?? '';
  expect(requestId).toMatch(/^[0-9a-f]{32}$/);
  const folder = join(stateDirectory(), 'delivery-log');
  const line = await until(async () => {
    const files = await readdir(folder).catch(() => []);
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    return texts
      .join('')
      .split('\n')
      .find((text) => text.includes(requestId));
  }, 'the line of the hit');
  expect(JSON.parse(line)).toMatchObject({
    ocaId: 'test-oca',
    sessionId: 'viewer-1',
    titleId: 'title-1',
    file: 'video.mp4',
    method: 'GET',
    range: 'bytes=5-104',
    status: 206,
    outcome: 'hit',
    detail: 'flash',
    sentBytes: 100,
    isWhole: true,
    network: '127.0.0.0/24',
    cmcd: 'sid="a",bl=100',
  });
  expect(line).not.toContain(token.slice(-20));
});

test('an nginx that ended is started again', async () => {
  process.kill((await nginxPid(stateDirectory())) ?? 0, 'SIGTERM');
  await until(() => site.events('nginx.restarted').length > 0, 'nginx to be back');
  expect(await cacheStatusOf(token)).toBe('"test-oca"; hit');
});
