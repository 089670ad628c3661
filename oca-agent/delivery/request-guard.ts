import type { ErrorCode } from '#domain/errors.ts';
import { DELIVERY_METHODS } from '#protocol/cross-origin.ts';
import type { ServerRequest } from '../platform/http-server.ts';

/**
 * Refuses what Node's HTTP parser lets through and a cache must not: two hosts, other versions, absolute targets,
 * bodies and upgrades on requests that have none. A refused connection is closed, since what follows on it cannot be
 * trusted either. Sources: RFC 9112 §3.2, §6.1; research "appliance", section 4.2 (each probed).
 */
export function refusalOf(request: ServerRequest): ErrorCode | undefined {
  const { httpVersion, headers, target } = request;
  const isKnownVersion = httpVersion === '1.1' || httpVersion === '1.0';
  const hasBody = headers['transfer-encoding'] !== undefined || isBodyLength(headers);
  const isOriginForm = target.startsWith('/') || (target === '*' && request.method === 'OPTIONS');
  if (!isKnownVersion || !isOriginForm || countOf(request, 'host') > 1) return 'request-invalid';
  if (!DELIVERY_METHODS.some((method) => method === request.method)) return 'method-not-allowed';
  return hasBody || headers.upgrade !== undefined ? 'request-invalid' : undefined;
}

const isBodyLength = (headers: ServerRequest['headers']): boolean =>
  headers['content-length'] !== undefined && headers['content-length'] !== '0';

function countOf({ rawHeaders }: ServerRequest, name: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}
