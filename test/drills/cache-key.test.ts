import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { noise } from '../local/edge/edge-harness.ts';
import { ask, Deployment } from './support/deployment.ts';

const media = noise(50_000, 3);
let cdn: Deployment;

beforeAll(async () => {
  cdn = await Deployment.start({ hasOca: true });
});
afterAll(() => cdn.stop());
beforeEach(() => {
  cdn.gate('content').seen.length = 0;
});

const fetches = () => cdn.gate('content').seen.length;

/** Everything that a player may add without asking for anything else. */
const DECORATIONS: [query: string, headers: Record<string, string>][] = [
  ['', {}],
  ['?CMCD=bl%3D21300%2Cbr%3D3200%2Csid%3D%22a%22', {}],
  ['?CMCD=bl%3D100%2Cbs%2Csid%3D%22b%22', {}],
  ['?cmcd=1&_=1700000000', {}],
  ['?utm_source=x&session=1&token=2', {}],
  ['?Profile=hd&LANGUAGE=en', {}],
  ['?profil=hd&versions=2', {}],
  ['', { 'cmcd-object': 'br=3200', 'cmcd-request': 'bl=2100', 'cmcd-session': 'sid="c"' }],
  ['', { authorization: 'Bearer abc', cookie: 'a=b', 'x-forwarded-for': '203.0.113.7' }],
  ['', { 'user-agent': 'television', 'accept-language': 'de', origin: 'https://page.example' }],
  ['', { range: 'bytes=0-999' }],
];

test('whatever a player adds, and whoever it is, the origin is asked once', async () => {
  const path = '/content/movie1/one-key.mp4';
  await cdn.publish(path, media, { ContentType: 'video/mp4' });
  for (const [index, [query, headers]] of DECORATIONS.entries()) {
    const token = await cdn.token(['movie1'], { sid: `session-${index}` });
    const reply = await ask(cdn.edge.url, `/~${token}${path}${query}`, { headers });
    const expected = headers.range ? media.subarray(0, 1000) : media;
    expect([query, reply.body.equals(expected)]).toEqual([query, true]);
  }
  expect(cdn.gate('content').seen).toEqual([`GET ${path}`]);
});

test('an OCA passes the first request on, stores at the second, and asks no more, whatever is added', async () => {
  const path = '/content/movie1/one-file.mp4';
  const sha256 = createHash('sha256').update(media).digest('hex');
  await cdn.publish(path, media, { ContentType: 'video/mp4', Metadata: { sha256 } });
  const requestsBefore = cdn.edge.stats().requests;
  for (const [index, [query, headers]] of DECORATIONS.entries()) {
    const token = await cdn.token(['movie1'], { sid: `session-${index}` });
    const reply = await ask(cdn.oca?.url ?? '', `/~${token}${path}${query}`, { headers });
    const expected = headers.range ? media.subarray(0, 1000) : media;
    expect([query, reply.body.equals(expected)]).toEqual([query, true]);
  }
  expect(cdn.edge.stats().requests - requestsBefore).toBe(2);
  expect(fetches()).toBe(1);
});

test.each(['profile', 'language', 'version'])(
  '%s chooses another representation: each value is an object of its own',
  async (parameter) => {
    const path = `/content/movie1/by-${parameter}.mp4`;
    await cdn.publish(path, media);
    const token = await cdn.token(['movie1']);
    const get = (query: string) => ask(cdn.edge.url, `/~${token}${path}${query}`);
    for (const query of ['', `?${parameter}=a`, `?${parameter}=b`, `?${parameter}=a&CMCD=x`]) {
      expect((await get(query)).status).toBe(200);
    }
    expect(fetches()).toBe(3);
  },
);
