import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeBase64Url } from '#domain/tokens/base64url.ts';
import { type SessionClaims, signSessionToken } from '#domain/tokens/session-token.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';
import { bucketName } from '../../../lib/names.ts';
import { type RunningEdge, startEdge } from '../../../local/edge/start-edge.ts';
import { readReplication } from '../../../local/origin/read-replication.ts';
import { Synthesized } from '../../lib/synthesized.ts';
import { CREDENTIALS, type Gate, noise, startBuckets, type TestBuckets } from './edge-harness.ts';

const FILE = '/content/city/video-720p.mp4';
const media = noise(900_000, 1);
const config = loadConfig(join(import.meta.dirname, '../../../config/example.yaml'));
let buckets: TestBuckets;
let primary: Gate;
let replica: Gate;
let primaryBucket: string;
let edge: RunningEdge;
let privateKey: CryptoKey;
let logged: string[];

/** The app of the example configuration, with the key of this test, through its own template and bundles. */
beforeAll(async () => {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  privateKey = pair.privateKey;
  const x = encodeBase64Url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  const tokens = { ...config.tokens, publicKeys: [{ kid: 'test', x }] };
  const { folder: assemblyDirectory } = await Synthesized.of({ ...config, tokens });
  const [first, second] = config.regions.origins;
  if (!first || !second) throw new Error('the example has two origin regions');
  primaryBucket = bucketName(config, 'content', first);
  const replicaBucket = bucketName(config, 'content', second);
  buckets = await startBuckets(
    [
      { name: primaryBucket, region: first },
      { name: replicaBucket, region: second },
    ],
    readReplication(assemblyDirectory),
  );
  primary = buckets.gate(primaryBucket);
  replica = buckets.gate(replicaBucket);
  logged = [];
  edge = await startEdge({
    assemblyDirectory,
    host: '127.0.0.1',
    port: 0,
    originUrlFor: buckets.originUrlFor,
    credentials: CREDENTIALS,
    cacheBytesMax: 64 * 2 ** 20,
    log: (event, details) => logged.push(JSON.stringify({ event, ...details })),
  });
}, 120_000);
afterAll(async () => {
  await edge.close();
  await buckets.close();
});
beforeEach(() => {
  primary.seen.length = 0;
  replica.seen.length = 0;
  primary.status = undefined;
});

const put = (key: string, body: Buffer | string, ContentType: string) =>
  buckets.put(primaryBucket, key, body, { ContentType, Metadata: { sha256: 'abc' } });

function token(claims: Partial<SessionClaims> = {}): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const all = {
    iss: config.tokens.issuer,
    sid: 'session-1',
    iat: nowSeconds,
    exp: nowSeconds + 600,
    p: ['/content/city/'],
    ...claims,
  };
  return signSessionToken(all, { kid: 'test', privateKey });
}

async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(`${edge.url}${path}`, {
    headers: { origin: 'http://page.example', ...headers },
    method,
  });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
}

describe('the edge of the real app refuses', () => {
  test.each<[string, number, string, () => Promise<string>]>([
    ['no token', 401, 'token-missing', async () => FILE],
    ['an empty token', 401, 'token-missing', async () => `/~${FILE}`],
    ['a token that is none', 401, 'token-malformed', async () => `/~abc${FILE}`],
    [
      'an expired token',
      401,
      'token-expired',
      async () => `/~${await token({ exp: 1000, iat: 1 })}${FILE}`,
    ],
    [
      'the token of another title',
      403,
      'token-scope',
      async () => `/~${await token({ p: ['/content/cit/'] })}${FILE}`,
    ],
    [
      'the token of another issuer',
      401,
      'token-signature',
      async () => `/~${await token({ iss: 'x' })}${FILE}`,
    ],
    [
      'a path with an escape',
      400,
      'path-invalid',
      async () => `/~${await token()}/content/city/%2e%2e/x`,
    ],
  ])(
    '%s with %j %s, readable from any page, without asking the origin',
    async (_, status, code, path) => {
      const { response, body } = await get(await path());
      expect(response.status).toBe(status);
      expect(JSON.parse(body.toString())).toMatchObject({ code, status });
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('cache-status')).toBe('"cloudfront"; fwd=bypass');
      expect([primary.seen, replica.seen]).toEqual([[], []]);
    },
  );
});

describe('the edge of the real app serves', () => {
  test('one cached object to every session: two tokens, one origin fetch', async () => {
    await put(FILE.slice(1), media, 'video/mp4');
    const first = await get(`/~${await token({ sid: 'a' })}${FILE}`);
    const second = await get(`/~${await token({ sid: 'b' })}${FILE}?CMCD=br%3D3200`);
    expect([first.body.equals(media), second.body.equals(media)]).toEqual([true, true]);
    expect(first.response.headers.get('x-cache')).toBe('Miss from cloudfront');
    expect(second.response.headers.get('x-cache')).toBe('Hit from cloudfront');
    expect(second.response.headers.get('cache-status')).toBe('"cloudfront"; hit');
    expect(primary.seen).toEqual([`GET ${FILE}`]);
    expect(Object.fromEntries(second.response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': expect.stringContaining('Cache-Status'),
      'cache-control': expect.stringContaining('max-age=31536000'),
      'content-type': 'video/mp4',
      'timing-allow-origin': '*',
      'x-amz-meta-sha256': 'abc',
    });
  });

  test('ranges as 206 of the same object', async () => {
    await put('content/city/audio.mp4', media, 'audio/mp4');
    const path = `/~${await token()}/content/city/audio.mp4`;
    const { response, body } = await get(path, { range: 'bytes=400000-499999' });
    expect([response.status, response.headers.get('content-range')]).toEqual([
      206,
      'bytes 400000-499999/900000',
    ]);
    expect(body.equals(media.subarray(400_000, 500_000))).toBe(true);
  });

  test('the replicated object when the primary region fails', async () => {
    await put('content/city/failover.mp4', media, 'video/mp4');
    primary.status = 503;
    const { response, body } = await get(`/~${await token()}/content/city/failover.mp4`);
    expect([response.status, body.equals(media)]).toEqual([200, true]);
    expect(replica.seen).toHaveLength(1);
  });

  test('a missing file as a problem, without a word of S3', async () => {
    const { response, body } = await get(`/~${await token()}/content/city/none.mp4`);
    expect(response.status).toBe(404);
    expect(JSON.parse(body.toString())).toMatchObject({ code: 'asset-not-found' });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect([...response.headers.keys()].filter((name) => name.startsWith('x-amz-'))).toEqual([
      'x-amz-cf-id',
    ]);
    expect(replica.seen).toEqual([]);
  });

  test('its health, and preflight requests', async () => {
    const health = await get('/health');
    expect([health.response.status, JSON.parse(health.body.toString()).state]).toEqual([
      200,
      'in-service',
    ]);
    const preflight = await get(
      `/~x${FILE}`,
      { 'access-control-request-method': 'GET' },
      'OPTIONS',
    );
    expect(preflight.response.status).toBe(204);
    expect(preflight.response.headers.get('access-control-allow-methods')).toContain('GET');
  });

  test('and logs no token', async () => {
    const mine = await token();
    await get(`/~${mine}${FILE}`);
    await get(`/~${mine}/content/other/x.mp4`);
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.join('\n')).not.toContain(mine);
    expect(logged.join('\n')).not.toContain(mine.split('.')[2]);
  });
});
