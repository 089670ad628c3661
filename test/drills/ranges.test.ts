import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { assetEtag } from '#domain/delivery/asset-etag.ts';
import type { AssetId } from '#domain/ids.ts';
import { noise } from '../local/edge/edge-harness.ts';
import { ask, Deployment, type Reply } from './support/deployment.ts';

/** The sizes of the issue's own example: half a MiB of ten. */
const SIZE = 10_485_760;
const media = noise(SIZE, 6);
const assetId = createHash('sha256').update(media).digest('hex') as AssetId;
const PATH = '/content/movie1/video.mp4';
let cdn: Deployment;
let token: string;

beforeAll(async () => {
  cdn = await Deployment.start({ hasOca: true });
  token = await cdn.token(['movie1']);
  // As `publish` does it: what carries its hash is stored.
  await cdn.publish(PATH, media, { ContentType: 'video/mp4', Metadata: { sha256: assetId } });
  await cdn.publish('/content/movie1/empty.vtt', '', { ContentType: 'text/vtt' });
});
afterAll(() => cdn.stop());

async function fromBoth(headers: Record<string, string>, path = PATH, method = 'GET') {
  const replies = cdn.servers.map(
    async ([server, url]) =>
      [server, await ask(url, `/~${token}${path}`, { headers, method })] as const,
  );
  return Promise.all(replies);
}

const seen = ({ status, headers }: Reply) => [
  status,
  headers['content-range'],
  Number(headers['content-length']),
];

describe.each(['cold', 'warm'])('over a %s cache', () => {
  test.each([
    ['bytes=0-524287', 0, 524_287],
    ['bytes=0-0', 0, 0],
    ['bytes=524288-1048575', 524_288, 1_048_575],
    ['bytes=10485759-', SIZE - 1, SIZE - 1],
    ['bytes=10000000-', 10_000_000, SIZE - 1],
    ['bytes=-1000', SIZE - 1000, SIZE - 1],
    ['bytes=-99999999', 0, SIZE - 1],
    ['bytes=10485000-99999999', 10_485_000, SIZE - 1],
  ])(
    '%s is 206 with exactly these bytes, from the edge and from an OCA',
    async (range, first, last) => {
      for (const [server, reply] of await fromBoth({ range })) {
        expect([server, ...seen(reply)]).toEqual([
          server,
          206,
          `bytes ${first}-${last}/${SIZE}`,
          last - first + 1,
        ]);
        expect(reply.body.equals(media.subarray(first, last + 1))).toBe(true);
      }
    },
  );

  test.each(['bytes=10485760-', 'bytes=99999999-100000000', 'bytes=-0'])(
    '%s cannot be satisfied: 416 with the size',
    async (range) => {
      for (const [server, reply] of await fromBoth({ range })) {
        expect([server, reply.status, reply.code, reply.headers['content-range']]).toEqual([
          server,
          416,
          'range-not-satisfiable',
          `bytes */${SIZE}`,
        ]);
      }
    },
  );

  test.each(['bytes=5-2', 'bytes=a-b', 'bytes=', 'seconds=0-1', 'bytes 0-1'])(
    'a field that is no range, %j, is passed over: the whole file',
    async (range) => {
      for (const [server, reply] of await fromBoth({ range })) {
        expect([server, reply.status, reply.body.equals(media)]).toEqual([server, 200, true]);
      }
    },
  );
});

test('several ranges at once are answered with the whole file, which RFC 9110 allows', async () => {
  for (const [server, reply] of await fromBoth({ range: 'bytes=0-9,100-109' })) {
    expect([server, reply.status, reply.body.equals(media)]).toEqual([server, 200, true]);
  }
});

test('a range that hangs on the file being unchanged holds by its tag, and otherwise gives the whole', async () => {
  const range = 'bytes=0-99';
  for (const [name, { headers }] of await fromBoth({})) {
    for (const [server, reply] of await fromBoth({ range, 'if-range': headers.etag ?? '' })) {
      const isKnown = server === name || server === 'oca';
      const expected = isKnown ? [206, 100] : [200, SIZE];
      expect([name, server, reply.status, reply.body.length]).toEqual([name, server, ...expected]);
    }
  }
  for (const [server, reply] of await fromBoth({ range, 'if-range': '"another"' })) {
    expect([server, reply.status, reply.body.length]).toEqual([server, 200, SIZE]);
  }
});

test('an appliance names its own tag, which follows from the bytes', async () => {
  const [, [, oca] = []] = await fromBoth({ range: 'bytes=0-99' });
  expect(oca?.headers.etag).toBe(assetEtag(assetId, SIZE));
});

test('HEAD tells the size without a byte', async () => {
  for (const [server, reply] of await fromBoth({}, PATH, 'HEAD')) {
    expect([server, ...seen(reply), reply.body.length]).toEqual([server, 200, undefined, SIZE, 0]);
    expect(reply.headers['accept-ranges']).toBe('bytes');
  }
});

test('an empty file is 200 with nothing, and has no range', async () => {
  for (const [server, reply] of await fromBoth({}, '/content/movie1/empty.vtt')) {
    expect([server, reply.status, reply.body.length]).toEqual([server, 200, 0]);
  }
  for (const [server, reply] of await fromBoth(
    { range: 'bytes=0-0' },
    '/content/movie1/empty.vtt',
  )) {
    expect([server, reply.status]).toEqual([server, 416]);
  }
});
