import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeBase64Url } from '#domain/tokens/base64url.ts';
import { noise } from '../local/edge/edge-harness.ts';
import { makeKey, type SigningKey } from '../oca-agent/fixtures/control-plane.ts';
import { ask, Deployment } from './support/deployment.ts';

const media = noise(20_000, 2);
const FILE = '/content/movie1/video.mp4';
let oldKey: SigningKey;
let newKey: SigningKey;
/** Both keys are trusted, the old one among them: a rotation under way. */
let overlap: Deployment;
/** The old key is trusted no more. */
let after: Deployment;
let token: string;

beforeAll(async () => {
  oldKey = await makeKey('key-old', 'session-token');
  newKey = await makeKey('key-new', 'session-token');
  overlap = await Deployment.start({ keys: [newKey, oldKey], hasOca: true });
  after = await Deployment.start({ keys: [newKey], hasOca: true });
  for (const cdn of [overlap, after]) {
    for (const titleId of ['movie1', 'movie10']) {
      await cdn.publish(`/content/${titleId}/video.mp4`, media, { ContentType: 'video/mp4' });
    }
  }
  token = await overlap.token(['movie1']);
});
afterAll(() => Promise.all([overlap.stop(), after.stop()]));

/** What each server says to a path; they must say the same. */
async function verdicts(cdn: Deployment, path: string, headers: Record<string, string> = {}) {
  const told = await Promise.all(
    cdn.servers.map(async ([name, url]) => {
      const { status, code, body } = await ask(url, path, { headers });
      const isWhole = status === 200 ? body.equals(media) : undefined;
      return [name, { status, code, isWhole }] as const;
    }),
  );
  expect(told.map(([name]) => name)).toEqual(['edge', 'oca']);
  return Object.fromEntries(told);
}

const both = (status: number, code?: string) => {
  const verdict = { status, code, isWhole: status === 200 ? true : undefined };
  return { edge: verdict, oca: verdict };
};

const seconds = () => Math.floor(Date.now() / 1000);
const encoded = (value: unknown) =>
  encodeBase64Url(new TextEncoder().encode(JSON.stringify(value)));
const payload = () => token.split('.')[1] ?? '';

describe('the edge and an OCA say the same to', () => {
  test('a token that holds, and again to the same one', async () => {
    for (const _time of [1, 2]) {
      expect(await verdicts(overlap, `/~${token}${FILE}`)).toEqual(both(200));
    }
  });

  test.each<[string, () => Promise<string>, number, string]>([
    ['no token', async () => '', 401, 'token-missing'],
    ['an empty token', async () => '/~', 401, 'token-missing'],
    ['a word', async () => '/~abc', 401, 'token-malformed'],
    [
      'two parts',
      async () => `/~${token.split('.').slice(0, 2).join('.')}`,
      401,
      'token-malformed',
    ],
    ['four parts', async () => `/~${token}.x`, 401, 'token-malformed'],
    ['2,000 letters', async () => `/~${'a'.repeat(2000)}`, 401, 'token-malformed'],
    [
      'an expired token',
      async () => `/~${await overlap.token(['movie1'], { iat: 1, exp: seconds() - 31 })}`,
      401,
      'token-expired',
    ],
    [
      'a token that is not valid yet',
      async () => `/~${await overlap.token(['movie1'], { nbf: seconds() + 600 })}`,
      401,
      'token-not-yet-valid',
    ],
    [
      'a token from the future',
      async () => `/~${await overlap.token(['movie1'], { iat: seconds() + 600 })}`,
      401,
      'token-not-yet-valid',
    ],
    [
      'a key that nobody published',
      async () => {
        const stranger = await makeKey('key-strange', 'session-token');
        return `/~${await overlap.token(['movie1'], {}, stranger)}`;
      },
      401,
      'token-key-unknown',
    ],
    [
      'a strange key under a published name',
      async () => {
        const stranger = await makeKey('key-new', 'session-token');
        return `/~${await overlap.token(['movie1'], {}, stranger)}`;
      },
      401,
      'token-signature',
    ],
    [
      'another issuer',
      async () => `/~${await overlap.token(['movie1'], { iss: 'https://else.example' })}`,
      401,
      'token-signature',
    ],
    [
      'the algorithm "none" without a signature',
      async () => `/~${encoded({ alg: 'none', kid: 'key-new', typ: 'JWT' })}.${payload()}.`,
      401,
      'token-malformed',
    ],
    [
      'the algorithm "none" with the signature of a good token',
      async () =>
        `/~${encoded({ alg: 'none', kid: 'key-new', typ: 'JWT' })}.${payload()}.${token.split('.')[2]}`,
      401,
      'token-malformed',
    ],
    [
      'the public key used as the secret of an HMAC',
      async () => {
        const input = `${encoded({ alg: 'HS256', kid: 'key-new', typ: 'JWT' })}.${payload()}`;
        const hmac = createHmac('sha256', Buffer.from(newKey.verification.x, 'base64url'));
        return `/~${input}.${hmac.update(input).digest('base64url')}`;
      },
      401,
      'token-malformed',
    ],
    [
      'a header that demands an extension',
      async () =>
        `/~${encoded({ alg: 'EdDSA', kid: 'key-new', crit: ['b64'], b64: false })}.${payload()}.${token.split('.')[2]}`,
      401,
      'token-malformed',
    ],
    [
      'the token of another title',
      async () => `/~${await overlap.token(['movie2'])}`,
      403,
      'token-scope',
    ],
    [
      'the token of a title whose name begins this one',
      async () => `/~${await overlap.token(['movie'])}`,
      403,
      'token-scope',
    ],
    ['no scope at all', async () => `/~${await overlap.token([])}`, 403, 'token-scope'],
  ])('%s', async (_, prefix, status, code) => {
    expect(await verdicts(overlap, `${await prefix()}${FILE}`)).toEqual(both(status, code));
  });

  test('a token for /movie1, asked to open /movie10', async () => {
    expect(await verdicts(overlap, `/~${token}/content/movie10/video.mp4`)).toEqual(
      both(403, 'token-scope'),
    );
  });

  test.each([
    '/~TOKEN/content/movie1/../movie10/video.mp4',
    '/~TOKEN/content/movie1/%2e%2e/movie10/video.mp4',
    '/~TOKEN/content/movie1/%2E%2E/movie10/video.mp4',
    '/~TOKEN/content/movie1/%252e%252e/movie10/video.mp4',
    '/~TOKEN/content/movie1%2fvideo.mp4',
    '/~TOKEN/content/movie1/..%5cmovie10/video.mp4',
    '/~TOKEN//content/movie1/video.mp4',
    '/~TOKEN/content//movie1/video.mp4',
    '/~TOKEN/content/movie1//video.mp4',
    '//~TOKEN/content/movie1/video.mp4',
    '/~TOKEN/content/movie1/./video.mp4',
    '/~TOKEN/content/movie1/.hidden',
    '/~TOKEN/content/movie1/',
    '/~TOKEN/content/movie1/video.mp4;jsessionid=1',
    '/~TOKEN/content/movie1/video.mp4%00.jpg',
    '/~TOKEN/~TOKEN/content/movie1/video.mp4',
    '/x/~TOKEN/content/movie1/video.mp4',
    '/%7eTOKEN/content/movie1/video.mp4',
    '/~TOKEN/catalog/movie1.json',
    '/',
  ])('the path %s', async (path) => {
    expect(await verdicts(overlap, path.replaceAll('TOKEN', token))).toEqual(
      both(400, 'path-invalid'),
    );
  });

  test('a token with any one of its characters changed', async () => {
    for (const [index, character] of [...token].entries()) {
      const other = character === 'A' ? 'B' : 'A';
      const flipped = token.slice(0, index) + other + token.slice(index + 1);
      const told = await verdicts(overlap, `/~${flipped}${FILE}`);
      expect([index, told.edge?.status, told.oca]).toEqual([index, 401, told.edge]);
    }
  });

  test('a token with any one of its characters missing', async () => {
    for (const index of [...token].keys()) {
      const told = await verdicts(
        overlap,
        `/~${token.slice(0, index)}${token.slice(index + 1)}${FILE}`,
      );
      expect([index, told.edge?.status, told.oca]).toEqual([index, 401, told.edge]);
    }
  });

  test('the spare bits behind a signature: one token has one spelling', async () => {
    const last = token.at(-1) ?? '';
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = letters[letters.indexOf(last) ^ 1];
    const told = await verdicts(overlap, `/~${token.slice(0, -1)}${twin}${FILE}`);
    expect(told).toEqual(both(401, 'token-malformed'));
  });

  test('any spelling of an IPv6 address, by which a viewer came or a proxy names it', async () => {
    for (const address of [
      '2001:db8::1',
      '2001:DB8:0:0:0:0:0:1',
      '2001:db8:0::0:1',
      '::ffff:c633:6401',
    ]) {
      const headers = { host: `[${address}]:443`, 'x-forwarded-for': address };
      expect(await verdicts(overlap, `/~${token}${FILE}`, headers)).toEqual(both(200));
      const foreign = `/~${token}/content/movie10/video.mp4`;
      expect(await verdicts(overlap, foreign, headers)).toEqual(both(403, 'token-scope'));
    }
  });
});

describe('a session that began with the old key', () => {
  test('goes on while both keys are trusted, as one of the new key does', async () => {
    const old = await overlap.token(['movie1'], {}, oldKey);
    expect(await verdicts(overlap, `/~${old}${FILE}`)).toEqual(both(200));
    expect(await verdicts(overlap, `/~${await overlap.token(['movie1'])}${FILE}`)).toEqual(
      both(200),
    );
  });

  test('is over when the old key is gone, and the new key goes on', async () => {
    const old = await after.token(['movie1'], {}, oldKey);
    expect(await verdicts(after, `/~${old}${FILE}`)).toEqual(both(401, 'token-key-unknown'));
    expect(await verdicts(after, `/~${await after.token(['movie1'])}${FILE}`)).toEqual(both(200));
  });
});

test('no refusal ever reached an origin', () => {
  for (const cdn of [overlap, after]) {
    expect(
      cdn.originRequests.filter((request) => !request.includes('/content/movie1/video.mp4')),
    ).toEqual([]);
  }
});
