import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededBytes } from '../fixtures/bytes.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

const HERE = '127.0.0.0/24';
const ELSEWHERE = '198.51.100.0/24';
let site: TestSite;
let ownToken: string;
let asked: string[];

beforeAll(async () => {
  site = await TestSite.build({ config: { tokens: 'required' } });
  ownToken = await site.control.token([], { sid: 'oca:test-oca', p: ['/content/'] });
  site.control.upstreamToken = ownToken;
  for (const file of ['a.mp4', 'b.mp4', 'c.mp4'])
    site.cloudFront.put('title-1', file, seededBytes(1, 1000));
  asked = [];
  site.cloudFront.interfere = ({ url = '' }) => {
    asked.push(url);
    return false;
  };
  await site.startAgent();
  await until(() => site.control.lastReport?.state === 'in-service', 'a report in service');
});
afterAll(() => site.stop());

async function ask(token: string, file: string, method = 'GET'): Promise<string> {
  const url = `${site.url}/~${token}/content/title-1/${file}`;
  const answer = await fetch(url, { method, headers: { connection: 'close' } });
  const body = await answer.text();
  return answer.status === 200 ? '200' : `${answer.status} ${JSON.parse(body).code}`;
}

test('a token of another network is refused, and nothing is fetched for it', async () => {
  const token = await site.control.token(['title-1'], { net: ELSEWHERE });
  expect(await ask(token, 'a.mp4')).toBe('403 token-network');
  const six = await site.control.token(['title-1'], { net: '2001:db8::/48' });
  expect(await ask(six, 'a.mp4')).toBe('403 token-network');
  expect(asked).toEqual([]);
});

test('what a bound session misses is fetched with the OCA’s own token, which the edge lets in', async () => {
  const token = await site.control.token(['title-1'], { net: HERE });
  expect(await ask(token, 'a.mp4')).toBe('200');
  expect(await ask(token, 'b.mp4', 'HEAD')).toBe('200');
  expect(asked.splice(0)).toEqual(
    ['a.mp4', 'b.mp4'].map((file) => `/~${ownToken}/content/title-1/${file}`),
  );
});

test('any other session’s own token is passed on as before', async () => {
  const token = await site.control.token(['title-1']);
  expect(await ask(token, 'c.mp4')).toBe('200');
  expect(asked.splice(0)).toEqual([`/~${token}/content/title-1/c.mp4`]);
});

test('the OCA’s own token outlives a restart without a control plane', async () => {
  await site.stopAgent();
  site.control.isDown = true;
  await site.startAgent();
  const token = await site.control.token(['title-1'], { net: HERE, sid: 'later' });
  site.cloudFront.put('title-1', 'd.mp4', seededBytes(2, 1000));
  expect(await ask(token, 'd.mp4')).toBe('200');
  expect(asked.at(-1)).toBe(`/~${ownToken}/content/title-1/d.mp4`);
});
