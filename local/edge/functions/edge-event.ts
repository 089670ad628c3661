import { Readable } from 'node:stream';
import { CdnError } from '#domain/errors.ts';
import type { CacheResponse, Fields } from '../cache/messages.ts';
import type { EdgeEventType, Origin } from '../distribution/distribution.ts';

/** The parts of a request that functions see and may change. */
export interface EventRequest {
  readonly method: string;
  readonly uri: string;
  readonly querystring: string;
  readonly fields: Fields;
}

interface EventContext {
  readonly distributionId: string;
  readonly eventType: EdgeEventType;
  readonly requestId: string;
  readonly clientIp: string;
  readonly request: EventRequest;
  readonly origin?: Origin;
  readonly response?: { readonly status: number; readonly fields: Fields };
}

type EventHeaders = Record<string, { key?: string; value: string }[]>;

/** Fields that no function may add. Source: Amazon CloudFront Developer Guide, "Restrictions on edge functions: disallowed headers". */
const DISALLOWED =
  /^(?:connection|expect|keep-alive|proxy-authenticate|proxy-authorization|proxy-connection|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-cache.*|x-edge-.*|x-forwarded-proto|x-real-ip)$/;
/** Bodies that functions generate. Source: Amazon CloudFront Developer Guide, "Quotas on Lambda@Edge". */
const GENERATED_BYTES_MAX = { viewer: 40 * 1024, origin: 1024 * 1024 };

/** Source of the shape: Amazon CloudFront Developer Guide, "Lambda@Edge event structure". */
export function edgeEvent(context: EventContext): unknown {
  const { distributionId, eventType, requestId, clientIp, request, origin, response } = context;
  const config = {
    distributionDomainName: `${distributionId.toLowerCase()}.cloudfront.net`,
    distributionId,
    eventType,
    requestId,
  };
  const { method, uri, querystring, fields } = request;
  const described = {
    clientIp,
    headers: eventHeaders(fields),
    method,
    querystring,
    uri,
    ...(origin && { origin: { s3: eventOrigin(origin) } }),
  };
  const answer = response && {
    status: String(response.status),
    statusDescription: '',
    headers: eventHeaders(response.fields),
  };
  const cf = { config, request: described, ...(answer && { response: answer }) };
  return { Records: [{ cf }] };
}

/** What a request function decided: an answer, or the request to go on with. @throws CdnError upstream-invalid */
export function requestResult<R extends EventRequest>(
  result: unknown,
  request: R,
  side: 'viewer' | 'origin',
): R | CacheResponse {
  if (!isRecord(result)) throw invalid('the result is no object');
  if ('status' in result) return generatedResponse(result, side);
  const { method, uri, querystring, headers } = result;
  if (method !== request.method) throw invalid('the method was changed');
  if (typeof uri !== 'string' || !uri.startsWith('/')) throw invalid('the uri is not a path');
  if (typeof querystring !== 'string') throw invalid('the querystring is no text');
  return { ...request, uri, querystring, fields: fieldsOf(headers, request.fields) };
}

/** The answer as a response function left it; its body is the old one unless it was replaced. @throws CdnError upstream-invalid */
export function responseResult(
  result: unknown,
  response: CacheResponse,
  side: 'viewer' | 'origin',
): CacheResponse {
  if (!isRecord(result)) throw invalid('the result is no object');
  const status = statusOf(result);
  if (side === 'viewer' && status !== response.status) throw invalid('the status was changed');
  if ('body' in result) {
    response.body?.destroy();
    return generatedResponse(result, side, response.fields);
  }
  return { ...response, status, fields: fieldsOf(result.headers, response.fields) };
}

function generatedResponse(
  result: Record<string, unknown>,
  side: 'viewer' | 'origin',
  known: Fields = {},
): CacheResponse {
  const { body = '', bodyEncoding = 'text' } = result;
  if (typeof body !== 'string') throw invalid('the body is no text');
  if (bodyEncoding !== 'text' && bodyEncoding !== 'base64')
    throw invalid('the body encoding is unknown');
  const bytes = Buffer.from(body, bodyEncoding === 'base64' ? 'base64' : 'utf8');
  if (bytes.length > GENERATED_BYTES_MAX[side]) throw invalid('the body is too long');
  const fields = fieldsOf(result.headers, known);
  const status = statusOf(result);
  return {
    status,
    fields: status === 204 ? fields : { ...fields, 'content-length': String(bytes.length) },
    ...(bytes.length > 0 && { body: Readable.from([bytes], { objectMode: false }) }),
  };
}

function statusOf({ status }: Record<string, unknown>): number {
  const text = String(status);
  if (!/^[2-5]\d\d$/.test(text)) throw invalid('the status is none');
  return Number(text);
}

function fieldsOf(headers: unknown, known: Fields): Record<string, string> {
  if (headers === undefined) return {};
  if (!isRecord(headers)) throw invalid('the headers are no object');
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => {
      if (name !== name.toLowerCase()) throw invalid(`the header ${name} is not in lower case`);
      if (DISALLOWED.test(name) && known[name] === undefined)
        throw invalid(`the header ${name} may not be added`);
      if (!isValueList(values)) throw invalid(`the header ${name} is not a list of values`);
      return [name, values.map(({ value }) => value).join(', ')];
    }),
  );
}

const isValueList = (values: unknown): values is { value: string }[] =>
  Array.isArray(values) && values.every((item) => isRecord(item) && typeof item.value === 'string');

function eventHeaders(fields: Fields): EventHeaders {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, [{ key: name, value }]]),
  );
}

const eventOrigin = (origin: Origin) => ({
  authMethod: 'none',
  customHeaders: eventHeaders(origin.customFields),
  domainName: origin.domainName,
  path: origin.path,
  region: origin.region,
});

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** CloudFront answers 502 for what a function may not return. */
const invalid = (reason: string): CdnError =>
  new CdnError('upstream-invalid', `an edge function returned what it may not: ${reason}`);
