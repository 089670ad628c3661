import type { CloudFrontHeaders, CloudFrontResponse, CloudFrontResultResponse } from 'aws-lambda';
import { isPlaybackManifest } from '#domain/delivery/content-type.ts';
import { parseDeliveryPath } from '#domain/delivery/path-grammar.ts';
import type { ErrorCode } from '#domain/errors.ts';
import { PROBLEM_CONTENT_TYPE, problem } from '#protocol/problem.ts';

/** Lifetimes by kind. A published media file never changes: a new encoding has a new name. */
const cacheControl = {
  media: 'public, max-age=31536000, immutable',
  manifest: 'public, max-age=300',
  image: 'public, max-age=2592000',
} as const;

/**
 * Viewers keep no error; CloudFront keeps it for as long as the distribution says. `no-store` would make CloudFront ask
 * S3 again for every viewer of a file that is missing.
 * Source: Amazon CloudFront Developer Guide, "Control how long CloudFront caches errors", read 2026-11.
 */
const ERROR_CACHE_CONTROL = 'public, max-age=0';

/** S3's answers, by status, in our words. A status without a line keeps its number and loses its body. */
const codeByStatus: Readonly<Record<string, ErrorCode>> = {
  400: 'request-invalid',
  403: 'forbidden',
  404: 'asset-not-found',
  405: 'method-not-allowed',
  416: 'range-not-satisfiable',
  500: 'internal',
  502: 'upstream-invalid',
  503: 'out-of-service',
  504: 'upstream-timeout',
};

/** Fields that describe the body, and so go with it. `Transfer-Encoding` stays: CloudFront lets nobody touch it here. */
const REPRESENTATION_FIELDS = [
  'accept-ranges',
  'content-encoding',
  'content-length',
  'content-type',
  'etag',
  'last-modified',
];

/** The response of S3 as viewers may see it: cacheable by kind, errors as problem documents, nothing of S3's own. */
export function presentable(
  response: CloudFrontResponse,
  path: string,
): CloudFrontResponse | CloudFrontResultResponse {
  const headers = withoutOriginFields(response.headers);
  if (Number(response.status) >= 400) return errorAnswer({ ...response, headers });
  const kind = kindOf(path);
  return kind === undefined
    ? { ...response, headers }
    : { ...response, headers: { ...headers, ...field('Cache-Control', cacheControl[kind]) } };
}

/** Replaces S3's XML, which names the bucket's host and the request, by a problem document. */
function errorAnswer(response: CloudFrontResponse): CloudFrontResultResponse {
  const code = codeByStatus[response.status];
  const kept = Object.entries(response.headers).filter(
    ([name]) => !REPRESENTATION_FIELDS.includes(name),
  );
  const headers = {
    ...Object.fromEntries(kept),
    ...field('Cache-Control', ERROR_CACHE_CONTROL),
    ...(code ? field('Content-Type', PROBLEM_CONTENT_TYPE) : {}),
  };
  const body = code ? JSON.stringify(problem(code)) : '';
  return { ...response, headers, body, bodyEncoding: 'text' };
}

function kindOf(path: string): keyof typeof cacheControl | undefined {
  const target = parseDeliveryPath(path);
  if (target?.kind === 'image') return 'image';
  if (target?.kind !== 'content') return undefined;
  return isPlaybackManifest(target.file) ? 'manifest' : 'media';
}

/** Drops `x-amz-*`, save the SHA-256 that `publish` stored: it lets everyone check the bytes. */
function withoutOriginFields(headers: CloudFrontHeaders): CloudFrontHeaders {
  const kept = Object.entries(headers).filter(
    ([name]) => !name.startsWith('x-amz-') || name === 'x-amz-meta-sha256',
  );
  return Object.fromEntries(kept);
}

const field = (key: string, value: string): CloudFrontHeaders => ({
  [key.toLowerCase()]: [{ key, value }],
});
