import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './s3-error.ts';
import { type Credentials, signatureOf } from './sigv4.ts';

interface AuthenticatedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** How far a request's clock may be off. Source: S3 API Reference, `RequestTimeTooSkewed`. */
const SKEW_MS_MAX = 15 * 60 * 1000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/s3\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/;

/**
 * Demands a Signature Version 4 in the Authorization field over the host and every `x-amz-*` field. That a body
 * matches the signed `x-amz-content-sha256` is checked where the body is read. Presigned URLs are not understood.
 *
 * @throws S3Error
 */
export function authenticate(
  request: AuthenticatedRequest,
  credentials: Credentials,
  nowMs: number,
): void {
  const parts = AUTHORIZATION.exec(request.headers.authorization ?? '');
  if (!parts) throw new S3Error('AccessDenied');
  const [, accessKeyId, date = '', region = '', names = '', signature = ''] = parts;
  if (accessKeyId !== credentials.accessKeyId) throw new S3Error('InvalidAccessKeyId');
  const amzDate = singleField(request.headers, 'x-amz-date');
  requireFresh(amzDate, date, nowMs);
  const signedHeaders = names.split(';');
  requireSigned(request.headers, signedHeaders);
  const expected = expectedSignature(
    {
      ...request,
      signedHeaders,
      payloadHash: singleField(request.headers, 'x-amz-content-sha256'),
      amzDate,
      region,
    },
    credentials.secretAccessKey,
  );
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) {
    throw new S3Error('SignatureDoesNotMatch');
  }
}

function expectedSignature(...input: Parameters<typeof signatureOf>): string {
  try {
    return signatureOf(...input);
  } catch (cause) {
    throw new S3Error('InvalidURI', undefined, { cause });
  }
}

function requireFresh(amzDate: string, scopeDate: string, nowMs: number): void {
  const [, year, month, day, hours, minutes, seconds] =
    /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(amzDate) ?? [];
  const sentAtMs = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  if (Number.isNaN(sentAtMs) || !amzDate.startsWith(scopeDate)) throw new S3Error('AccessDenied');
  if (Math.abs(nowMs - sentAtMs) > SKEW_MS_MAX) throw new S3Error('RequestTimeTooSkewed');
}

function requireSigned(headers: IncomingHttpHeaders, signedHeaders: readonly string[]): void {
  const required = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (!required.every((name) => signedHeaders.includes(name))) {
    throw new S3Error('AccessDenied', 'There were headers present which were not signed.');
  }
}

function singleField(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  if (typeof value !== 'string') throw new S3Error('AccessDenied', `The request has no ${name}.`);
  return value;
}
