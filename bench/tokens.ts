import type { CloudFrontRequest } from 'aws-lambda';
import { jwtVerify } from 'jose';
import type { PathwayId } from '#domain/ids.ts';
import {
  importTokenKey,
  signSessionToken,
  verifySessionToken,
} from '#domain/tokens/session-token.ts';
import { epochMs } from '#domain/units.ts';
import { admit, viewerRules } from '../lambda/edge-viewer-auth/admission.ts';
import type { BenchmarkOutcome } from './outcome.ts';
import { median, rounded } from './statistics.ts';

const ROUNDS = 15;
const VERIFICATIONS_PER_ROUND = 2000;

/**
 * Verifying a session token: the whole of what CloudFront's edge does with a request, `domain/tokens` by WebCrypto, and
 * the npm package jose, in turn, on the same token.
 */
export async function benchmarkTokens(): Promise<BenchmarkOutcome> {
  const { token, atTheEdge, ours, joses } = await verifiers();
  const edgeMicroseconds: number[] = [];
  const ourMicroseconds: number[] = [];
  const joseMicroseconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    edgeMicroseconds.push(await microsecondsEach(atTheEdge));
    ourMicroseconds.push(await microsecondsEach(ours));
    joseMicroseconds.push(await microsecondsEach(joses));
  }
  const row = (verifier: string, microseconds: readonly number[]) => ({
    verifier,
    tokenBytes: token.length,
    'median µs': rounded(median(microseconds), 1),
    'fastest µs': rounded(Math.min(...microseconds), 1),
    'ratio to jose': rounded(median(microseconds) / median(joseMicroseconds)),
  });
  return {
    benchmark: 'tokens',
    rows: [
      row('edge-viewer-auth, a request', edgeMicroseconds),
      row('domain/tokens, WebCrypto', ourMicroseconds),
      row('jose', joseMicroseconds),
    ],
  };
}

async function verifiers() {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const { x = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const now = epochMs(Date.now());
  const issuedSeconds = Math.floor(now / 1000);
  const issuer = 'https://play.example.com';
  const token = await signSessionToken(
    {
      iss: issuer,
      sid: crypto.randomUUID(),
      iat: issuedSeconds,
      exp: issuedSeconds + 7200,
      p: ['/content/city-at-night/'],
      pw: ['metro-1', 'metro-2', 'exchange-1', 'cloudfront'] as PathwayId[],
    },
    { kid: 'session-1', privateKey: pair.privateKey },
  );
  const rules = { keys: new Map([['session-1', await importTokenKey(x)]]), issuer, now };
  const edgeRules = viewerRules({
    issuer,
    keys: [
      { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'session-1', x, purpose: 'session-token' },
    ],
    tokens: 'required',
  });
  const request: CloudFrontRequest = {
    clientIp: '198.51.100.7',
    method: 'GET',
    uri: `/~${token}/content/city-at-night/video-1.mp4`,
    querystring: '',
    headers: {},
  };
  return {
    token,
    atTheEdge: () => admit(request, edgeRules, now),
    ours: () => verifySessionToken(token, rules),
    joses: () => jwtVerify(token, pair.publicKey, { issuer }),
  };
}

async function microsecondsEach(verify: () => Promise<unknown>): Promise<number> {
  const begun = process.hrtime.bigint();
  for (let count = 0; count < VERIFICATIONS_PER_ROUND; count += 1) await verify();
  return Number(process.hrtime.bigint() - begun) / 1000 / VERIFICATIONS_PER_ROUND;
}
