/**
 * One cache's word in a `Cache-Status` field (RFC 9211). The field lists caches from the origin's side to the
 * client's, so the whole journey of a response can be read from it:
 *
 *     Cache-Status: "shield"; fwd=uri-miss; stored, "cloudfront"; fwd=uri-miss; stored, "oca-1"; fwd=uri-miss; stored
 */
export interface CacheStatus {
  /** Which cache speaks: an OCA's id, `cloudfront` or `shield`. */
  readonly cache: string;
  readonly outcome: 'hit' | 'miss' | 'stale' | 'bypass';
  /** The request was satisfied by a fetch that another request had begun. */
  readonly isCollapsed?: boolean;
  readonly isStored?: boolean;
  /** What the next cache or the origin answered, when this cache asked whether a stored response still holds. */
  readonly forwardedStatus?: number;
  /** For how long a stored response is still fresh; less than 0: it was stale already. */
  readonly ttlSeconds?: number;
  /** A short token, e.g. the tier: `flash` or `hdd`. */
  readonly detail?: string;
}

const forwardReason = {
  hit: undefined,
  miss: 'uri-miss',
  stale: 'stale',
  bypass: 'bypass',
} as const;

/** This cache's member, appended to what came from upstream. */
export function appendCacheStatus(upstream: string | undefined, status: CacheStatus): string {
  const reason = forwardReason[status.outcome];
  const member = [
    `"${status.cache}"`,
    reason === undefined ? 'hit' : `fwd=${reason}`,
    ...(status.forwardedStatus === undefined ? [] : [`fwd-status=${status.forwardedStatus}`]),
    ...(status.ttlSeconds === undefined ? [] : [`ttl=${status.ttlSeconds}`]),
    ...(status.isStored ? ['stored'] : []),
    ...(status.isCollapsed ? ['collapsed'] : []),
    ...(status.detail === undefined ? [] : [`detail=${status.detail}`]),
  ].join('; ');
  return upstream ? `${upstream}, ${member}` : member;
}

/** Reads a field that {@link appendCacheStatus} wrote; members that it could not have written are left out. */
export function parseCacheStatus(field: string): CacheStatus[] {
  return field.split(',').flatMap((text) => {
    const [name = '', ...parameters] = text.split(';').map((part) => part.trim());
    const cache = /^"([A-Za-z0-9-]+)"$/.exec(name)?.[1];
    return cache === undefined ? [] : [memberOf(cache, parameters)];
  });
}

/** The layer that a response's bytes were read from: the first cache that hit, else S3. */
export function servedBy(members: readonly CacheStatus[]): 'oca' | 'cloudfront' | 's3' {
  const source = members.find((member) => member.outcome === 'hit');
  if (!source) return 's3';
  return source.cache === 'cloudfront' || source.cache === 'shield' ? 'cloudfront' : 'oca';
}

function memberOf(cache: string, parameters: readonly string[]): CacheStatus {
  const parameter = (key: string) =>
    parameters.find((text) => text.startsWith(`${key}=`))?.slice(key.length + 1);
  const forwarded = parameter('fwd');
  const detail = parameter('detail');
  const outcome = forwarded === undefined ? 'hit' : forwarded === 'uri-miss' ? 'miss' : forwarded;
  return {
    cache,
    outcome: outcome === 'hit' || outcome === 'miss' || outcome === 'stale' ? outcome : 'bypass',
    isStored: parameters.includes('stored'),
    isCollapsed: parameters.includes('collapsed'),
    ...(detail === undefined ? {} : { detail }),
  };
}
