import type { CachePolicy, Selection } from '../distribution/cache-policy.ts';
import type { Fields } from './messages.ts';

/** The part of a request, beside its path, that goes into the cache key and on to the origin. */
export interface KeyParts {
  readonly querystring: string;
  readonly fields: Fields;
  /** The viewer's encodings that count: `br,gzip`, `br`, `gzip` or ''. */
  readonly encodings: string;
}

/** Chooses what a cache policy lists. Source: Amazon CloudFront Developer Guide, "Understand the cache key". */
export function selectKeyParts(
  policy: CachePolicy,
  request: { readonly querystring: string; readonly fields: Fields },
): KeyParts {
  const cookies = chosenCookies(policy.cookies, request.fields.cookie ?? '');
  const fields = Object.entries(request.fields).filter(([name]) =>
    isSelected(policy.headers, name),
  );
  return {
    querystring: chosenQuery(policy.queryParameters, request.querystring),
    fields: { ...Object.fromEntries(fields), ...(cookies === '' ? {} : { cookie: cookies }) },
    encodings: normalizedEncodings(policy, request.fields['accept-encoding'] ?? ''),
  };
}

/**
 * One line per part; a path holds no line feed, and neither do header fields. The encodings are left to the cache that
 * compresses.
 */
export const cacheKey = (path: string, parts: Pick<KeyParts, 'querystring' | 'fields'>): string =>
  [
    path,
    parts.querystring,
    ...Object.entries(parts.fields)
      .map(([name, value]) => `${name}:${value}`)
      .sort(),
  ].join('\n');

function isSelected(selection: Selection, name: string): boolean {
  if (selection.kind === 'none' || selection.kind === 'all') return selection.kind === 'all';
  return selection.names.includes(name) === (selection.kind === 'listed');
}

/** CloudFront forwards chosen parameters as they came, in their order, repeated ones too. */
const chosenQuery = (selection: Selection, querystring: string): string =>
  querystring
    .split('&')
    .filter((pair) => pair !== '' && isSelected(selection, pair.split('=', 1)[0] ?? ''))
    .join('&');

const chosenCookies = (selection: Selection, cookie: string): string =>
  cookie
    .split(/;\s*/)
    .filter((pair) => pair !== '' && isSelected(selection, pair.split('=', 1)[0] ?? ''))
    .join('; ');

function normalizedEncodings(policy: CachePolicy, acceptEncoding: string): string {
  const accepted = acceptEncoding
    .toLowerCase()
    .split(',')
    .map((item) => item.trim().split(/\s*;\s*/))
    .filter(([, weight]) => !/^q=0(?:\.0*)?$/.test(weight ?? ''))
    .map(([name]) => name);
  const isCounted = { br: policy.acceptsBrotli, gzip: policy.acceptsGzip };
  return (['br', 'gzip'] as const)
    .filter((name) => isCounted[name] && accepted.includes(name))
    .join(',');
}
