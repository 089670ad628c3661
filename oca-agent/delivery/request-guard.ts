import type { ErrorCode } from '#domain/errors.ts';
import { DELIVERY_METHODS } from '#protocol/cross-origin.ts';
import type { ServerRequest } from '../platform/http-server.ts';

/**
 * Refuses what Node's HTTP parsers let through and a cache must not: two hosts, other versions, absolute targets,
 * bodies and upgrades on requests that have none. A refused connection is closed, since what follows on it cannot be
 * trusted either. Sources: RFC 9112 §3.2, §6.1; RFC 9113 §8.3.1; research "appliance", section 4.2 (each probed).
 */
export function refusalOf(request: ServerRequest): ErrorCode | undefined {
  const { httpVersion, headers, target } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || isBodyLength(headers);
  const isOriginForm = target.startsWith('/') || (target === '*' && request.method === 'OPTIONS');
  const isFramed = httpVersion === '2.0' ? isFramedHttp2(request) : isFramedHttp1(request);
  if (!isFramed || !isOriginForm) return 'request-invalid';
  if (!DELIVERY_METHODS.some((method) => method === request.method)) return 'method-not-allowed';
  return hasBody || headers.upgrade !== undefined ? 'request-invalid' : undefined;
}

function isFramedHttp1(request: ServerRequest): boolean {
  const hosts = countOf(request, 'host');
  return request.httpVersion === '1.0' ? hosts <= 1 : request.httpVersion === '1.1' && hosts === 1;
}

/** One host, told once or twice, and nobody's name before it. A request line of HTTP/1.1 may claim to be of version 2, too. */
function isFramedHttp2(request: ServerRequest): boolean {
  const { ':path': path, ':authority': authority, host } = request.headers;
  if (path === undefined) return false;
  const isOneHost = authority === undefined || authority === host;
  return isOneHost && host !== undefined && !host.includes('@') && countOf(request, 'host') <= 1;
}

const isBodyLength = (headers: ServerRequest['headers']): boolean =>
  headers['content-length'] !== undefined && headers['content-length'] !== '0';

function countOf({ rawHeaders }: ServerRequest, name: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}
