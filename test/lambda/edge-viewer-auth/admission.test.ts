import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  admit,
  type ViewerRules,
  viewerRules,
} from '../../../lambda/edge-viewer-auth/admission.ts';
import { ISSUER, NOW, tokenSigner } from './signing.ts';
import { seen, viewerRequest } from './viewer-request.ts';

let signer: Awaited<ReturnType<typeof tokenSigner>>;
let rules: ViewerRules;
let token: string;

beforeAll(async () => {
  signer = await tokenSigner();
  rules = viewerRules({ issuer: ISSUER, keys: [signer.key], tokens: 'required' });
  token = await signer.sign();
});

const refusalOf = async (uri: string) => {
  const { status, body } = seen(await admit(viewerRequest(uri), rules, NOW));
  return [status, body.code];
};

test('a request outside the path grammar is refused before its token is looked at', async () => {
  for (const uri of [
    '/',
    '/catalog/movie1.json',
    `/~${token}/content/movie1/../movie2/a.mp4`,
    `/~${token}/content/movie1/%2e%2e/a.mp4`,
    `/~${token}//content/movie1/a.mp4`,
    `/~${token}/content/movie1/.hidden`,
    `/~${token}/content/movie1/a\\b.mp4`,
    `/~${token}/~${token}/content/movie1/a.mp4`,
    `/x/~${token}/content/movie1/a.mp4`,
    `/~${token}/health`,
  ]) {
    expect([uri, ...(await refusalOf(uri))]).toEqual([uri, '400', 'path-invalid']);
  }
});

test('a token for one network is refused elsewhere, at the edge as on an OCA', async () => {
  const bound = async (net: string) => `/~${await signer.sign({ net })}/content/movie1/a.mp4`;
  expect(await refusalOf(await bound('2001:db8:1::/48'))).toEqual(['403', 'token-network']);
  expect(await refusalOf(await bound('198.51.100.0/24'))).toEqual(['403', 'token-network']);
  const passed = await admit(viewerRequest(await bound('2001:db8::/48')), rules, NOW);
  expect(passed).toMatchObject({ uri: '/content/movie1/a.mp4' });
});

test('content without a token, or with one that does not hold, is refused with the reason', async () => {
  const other = await tokenSigner('key-2');
  const impostor = await tokenSigner('key-1');
  const cases: [string, string, string][] = [
    ['', '401', 'token-missing'],
    ['/~', '401', 'token-missing'],
    ['/~abc', '401', 'token-malformed'],
    [`/~${'a'.repeat(2000)}`, '401', 'token-malformed'],
    [`/~${await other.sign()}`, '401', 'token-key-unknown'],
    [`/~${await impostor.sign()}`, '401', 'token-signature'],
    [`/~${await signer.sign({ iss: 'https://else.example' })}`, '401', 'token-signature'],
    [`/~${await signer.sign({ exp: NOW / 1000 - 31 })}`, '401', 'token-expired'],
    [`/~${await signer.sign({ nbf: NOW / 1000 + 31 })}`, '401', 'token-not-yet-valid'],
    [`/~${await signer.sign({ p: ['/content/movie10/'] })}`, '403', 'token-scope'],
  ];
  for (const [prefix, status, code] of cases) {
    expect(await refusalOf(`${prefix}/content/movie1/a.mp4`)).toEqual([status, code]);
  }
});

test('a token for one title does not open another whose name it begins', async () => {
  expect(await refusalOf(`/~${token}/content/movie10/a.mp4`)).toEqual(['403', 'token-scope']);
});

test('a refusal can be read by a page of any origin and is stored by nobody', async () => {
  const { headers, body } = seen(await admit(viewerRequest('/content/movie1/a.mp4'), rules, NOW));
  expect(headers).toEqual({
    'access-control-allow-origin': '*',
    'access-control-expose-headers':
      'Cache-Status, Content-Length, Content-Range, ETag, Age, X-Cache, Retry-After',
    'timing-allow-origin': '*',
    'cache-control': 'no-store',
    'content-type': 'application/problem+json',
  });
  expect(body).toEqual({
    type: 'urn:distributary:error:token-missing',
    title: 'A session token is required in the path',
    status: 401,
    code: 'token-missing',
  });
});

test('an admitted request goes on without its token, and is otherwise untouched', async () => {
  const request = viewerRequest(`/~${token}/content/movie1/video/720p.mp4`, {
    querystring: 'profile=hd&CMCD=bl%3D2100',
  });
  expect(await admit(request, rules, NOW)).toEqual({
    ...request,
    uri: '/content/movie1/video/720p.mp4',
  });
});

test('two sessions ask for one and the same object', async () => {
  const tokens = [token, await signer.sign({ sid: 'session-2' })];
  const admitted = await Promise.all(
    tokens.map((each) => admit(viewerRequest(`/~${each}/content/movie1/a.mp4`), rules, NOW)),
  );
  expect(admitted[0]).toEqual(admitted[1]);
});

test('artwork is public: a token there is taken out, valid or not', async () => {
  for (const uri of ['/images/a.jpg', `/~${token}/images/a.jpg`, '/~nonsense/images/a.jpg']) {
    expect(await admit(viewerRequest(uri), rules, NOW)).toMatchObject({ uri: '/images/a.jpg' });
  }
});

test('a deployment without tokens serves content to everyone, under the same grammar', async () => {
  const open = viewerRules({ issuer: ISSUER, keys: [], tokens: 'off' });
  for (const uri of ['/content/movie1/a.mp4', '/~nonsense/content/movie1/a.mp4']) {
    expect(await admit(viewerRequest(uri), open, NOW)).toMatchObject({
      uri: '/content/movie1/a.mp4',
    });
  }
  expect(seen(await admit(viewerRequest('/content/movie1/'), open, NOW)).status).toBe('400');
});

test('the old key verifies beside the new one until it is taken out', async () => {
  const next = await tokenSigner('key-2');
  const both = viewerRules({
    issuer: ISSUER,
    keys: [next.key, signer.key],
    tokens: 'required',
  });
  const request = viewerRequest(`/~${token}/content/movie1/a.mp4`);
  expect(await admit(request, both, NOW)).toMatchObject({ uri: '/content/movie1/a.mp4' });
  const after = viewerRules({ issuer: ISSUER, keys: [next.key], tokens: 'required' });
  expect(seen(await admit(request, after, NOW)).body.code).toBe('token-key-unknown');
});

test('health is answered at the edge', async () => {
  const { status, headers, body } = seen(await admit(viewerRequest('/health'), rules, NOW));
  expect([status, body]).toEqual(['200', { state: 'in-service', reasons: [] }]);
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'cache-control': 'no-store',
  });
});

test('a preflight is answered at the edge, whatever it asks about', async () => {
  const request = viewerRequest('/content/movie1/a.mp4', { method: 'OPTIONS' });
  const { status, headers, body } = seen(await admit(request, rules, NOW));
  expect([status, body]).toEqual(['204', undefined]);
  expect(headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD, OPTIONS',
    'access-control-allow-headers': '*',
    'access-control-max-age': '86400',
  });
});

test('no flipped character of a token is admitted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: token.length - 1 }),
      fc.constantFrom(...'ABCabc012-_.~%/'),
      async (index, character) => {
        fc.pre(token[index] !== character);
        const flipped = token.slice(0, index) + character + token.slice(index + 1);
        const result = await admit(viewerRequest(`/~${flipped}/content/movie1/a.mp4`), rules, NOW);
        expect(seen(result).status).toMatch(/^40[01]$/);
      },
    ),
    { seed: 20261101, numRuns: 300 },
  );
});

test('whatever the path, an admitted one is in the grammar, without a token, and covered', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'content',
      'images',
      'movie1',
      'movie10',
      'a.mp4',
      '..',
      '.',
      '',
      '~',
      '%2e%2e',
    ),
    fc.constant(`~${token}`),
    fc.string({ maxLength: 8 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
      const result = await admit(viewerRequest(`/${pieces.join('/')}`), rules, NOW);
      if (!('uri' in result)) return;
      expect(result.uri).toMatch(
        /^\/(?:content\/movie1|images)(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/,
      );
    }),
    { seed: 20261102, numRuns: 500 },
  );
});
