import type { Fields } from './cache/messages.ts';
import type {
  CorsPolicy,
  PolicyField,
  ResponseHeadersPolicy,
} from './distribution/response-headers-policy.ts';

interface ViewerSide {
  readonly method: string;
  readonly fields: Fields;
}

/**
 * A response's fields after a response headers policy: some removed, then others added, over the origin's own where the
 * policy says so. CORS fields go to cross-origin requests alone.
 * Source: Amazon CloudFront Developer Guide, "Understand response headers policies", read 2026-11.
 */
export function withPolicy(
  fields: Fields,
  policy: ResponseHeadersPolicy | undefined,
  viewer: ViewerSide,
): Fields {
  if (!policy) return fields;
  const kept = Object.entries(fields).filter(([name]) => !policy.removed.includes(name));
  const result: Record<string, string> = Object.fromEntries(kept);
  for (const { name, value, isOverride } of [
    ...policy.fields,
    ...corsFields(policy.cors, viewer),
  ]) {
    if (isOverride || result[name] === undefined) result[name] = value;
  }
  return result;
}

function corsFields(cors: CorsPolicy | undefined, viewer: ViewerSide): PolicyField[] {
  const { origin } = viewer.fields;
  if (!cors || origin === undefined) return [];
  const isForAll = cors.allowedOrigins.includes('*');
  if (!isForAll && !cors.allowedOrigins.some((allowed) => isAllowed(allowed, origin))) return [];
  const { isOverride } = cors;
  const value = isForAll ? '*' : origin;
  const isPreflight =
    viewer.method === 'OPTIONS' && viewer.fields['access-control-request-method'] !== undefined;
  return [
    { name: 'access-control-allow-origin', value, isOverride },
    ...(isForAll ? [] : [{ name: 'vary', value: 'Origin', isOverride: false }]),
    ...cors.fields,
    ...(isPreflight ? cors.preflightFields : []),
  ];
}

/** An origin, or one with `*` for its leftmost label; without a scheme it stands for any. */
function isAllowed(allowed: string, origin: string): boolean {
  const bare = allowed.includes('://') ? origin : origin.replace(/^[a-z]+:\/\//, '');
  const star = allowed.indexOf('*');
  if (star < 0) return bare === allowed;
  const [head, tail] = [allowed.slice(0, star), allowed.slice(star + 1)];
  return bare.length > head.length + tail.length && bare.startsWith(head) && bare.endsWith(tail);
}
