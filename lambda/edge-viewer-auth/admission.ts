import { createPublicKey, verify } from 'node:crypto';
import type { CloudFrontHeaders, CloudFrontRequest, CloudFrontResultResponse } from 'aws-lambda';
import { parseDeliveryPath } from '#domain/delivery/path-grammar.ts';
import type { ErrorCode } from '#domain/errors.ts';
import {
  coversPath,
  isForClient,
  type SignatureCheck,
  type TokenKeys,
  verifySessionToken,
} from '#domain/tokens/session-token.ts';
import type { EpochMs } from '#domain/units.ts';
import { crossOriginHeaders, preflightHeaders } from '#protocol/cross-origin.ts';
import type { VerificationKey } from '#protocol/key-set.ts';
import { PROBLEM_CONTENT_TYPE, problem } from '#protocol/problem.ts';

/** What the stack builds into the function. */
export interface EdgeConfig {
  readonly issuer: string;
  readonly keys: readonly VerificationKey[];
  /** `off` serves content without a token; a token that is there all the same is taken out and not looked at. */
  readonly tokens: 'required' | 'off';
}

export interface ViewerRules {
  readonly issuer: string;
  readonly keys: TokenKeys;
  readonly tokens: EdgeConfig['tokens'];
}

export const viewerRules = ({ issuer, keys, tokens }: EdgeConfig): ViewerRules => ({
  issuer,
  tokens,
  keys: new Map(keys.map(({ kid, x }) => [kid, signatureCheck(x)])),
});

/** Node's own call, half the time of WebCrypto's: one thread pool hop less. See docs/measurements.md. */
function signatureCheck(x: string): SignatureCheck {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return (signature, data) => verify(null, data, key, signature);
}

/**
 * Decides on one viewer request: the request to go on with, its path without the token, or the answer to give at once.
 * CloudFront computes the cache key after this, so every session shares one cached object. The query is not looked at:
 * the cache policy alone says which parameters count.
 */
export async function admit(
  request: CloudFrontRequest,
  rules: ViewerRules,
  now: EpochMs,
): Promise<CloudFrontRequest | CloudFrontResultResponse> {
  if (request.method === 'OPTIONS') return answer(204, preflightHeaders);
  const target = parseDeliveryPath(request.uri);
  if (!target) return refuse('path-invalid');
  if (target.kind === 'health') return healthAnswer();
  const isProtected = target.kind === 'content' && rules.tokens === 'required';
  const asked = { ...target, clientAddress: request.clientIp };
  const refusal = isProtected ? await refusalOf(asked, rules, now) : undefined;
  return refusal ? refuse(refusal) : { ...request, uri: target.path };
}

async function refusalOf(
  asked: { readonly token: string; readonly path: string; readonly clientAddress: string },
  { issuer, keys }: ViewerRules,
  now: EpochMs,
): Promise<ErrorCode | undefined> {
  const verdict = await verifySessionToken(asked.token, { issuer, keys, now });
  if (!verdict.ok) return verdict.refusal;
  if (!isForClient(verdict.claims, asked.clientAddress)) return 'token-network';
  return coversPath(verdict.claims, asked.path) ? undefined : 'token-scope';
}

/** CloudFront has no state of its own that could keep an edge location from serving: it answers, so it is in service. */
const healthAnswer = () =>
  answer(200, {
    ...crossOriginHeaders,
    'Content-Type': 'application/json',
    body: JSON.stringify({ state: 'in-service', reasons: [] }),
  });

function refuse(code: ErrorCode): CloudFrontResultResponse {
  const document = problem(code);
  return answer(document.status, {
    ...crossOriginHeaders,
    'Content-Type': PROBLEM_CONTENT_TYPE,
    body: JSON.stringify(document),
  });
}

/** A generated response in CloudFront's form: header names in lower case, each with a list of values. */
function answer(
  status: number,
  { body, ...fields }: Readonly<Record<string, string>>,
): CloudFrontResultResponse {
  const headers: CloudFrontHeaders = {};
  for (const [key, value] of Object.entries({ ...fields, 'Cache-Control': 'no-store' })) {
    headers[key.toLowerCase()] = [{ key, value }];
  }
  return {
    status: String(status),
    headers,
    ...(body === undefined ? {} : { body, bodyEncoding: 'text' as const }),
  };
}
