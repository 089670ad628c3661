import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK_HOST = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d{1,5})?$/;

/**
 * Whether a request comes from a program on this machine or from this server's own page, and not from a page of
 * somebody else that the operator's browser happens to show. `Host` must be a loopback name, against DNS rebinding;
 * `Origin` and `Sec-Fetch-Site`, which pages cannot forge, must not tell of another site.
 * Sources: Fetch standard §3.2 (Origin); W3C Fetch Metadata §2.3.
 */
export function isFromThisMachine(headers: IncomingHttpHeaders): boolean {
  const { host = '', origin } = headers;
  const site = headers['sec-fetch-site'];
  const isOwnOrigin = origin === undefined || origin === `http://${host}`;
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none';
  return LOOPBACK_HOST.test(host) && isOwnOrigin && isOwnSite;
}
