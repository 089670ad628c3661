/** What the stack sets and the handler reads. CLOUDFRONT_URLS has commas between; an ENTITLEMENT_* of "" means no entitlement check. */
export const environment = [
  'FLEET_TABLE',
  'TITLES_TABLE',
  'HEALTH_TABLE',
  'CONTENT_BUCKET',
  'SESSION_TOKEN_KEYS_SECRET',
  'OPERATOR_SECRET',
  'TOKEN_ISSUER',
  'TOKEN_LIFETIME_SECONDS',
  'TOKEN_BOUND_TO_NETWORK',
  'OCA_PATHWAYS_MAX',
  'STEERING_TTL_SECONDS',
  'REPORT_LEASE_SECONDS',
  'CLOUDFRONT_URLS',
  'PLAYBACK_URL',
  'ENTITLEMENT_JWKS_URL',
  'ENTITLEMENT_ISSUER',
  'ENTITLEMENT_AUDIENCE',
] as const;

export type Environment = Record<(typeof environment)[number], string>;
