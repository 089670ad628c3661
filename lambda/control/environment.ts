/** What the stack sets and the handler reads. */
export const environment = [
  'FLEET_TABLE',
  'TITLES_TABLE',
  'HEALTH_TABLE',
  'PLAN_BUCKET',
  'EVENT_BUS_NAME',
  'SESSION_TOKEN_KEYS_SECRET',
  'FILL_PLAN_KEYS_SECRET',
  'TOKEN_ISSUER',
  'TOKEN_LIFETIME_SECONDS',
  'TOKEN_BOUND_TO_NETWORK',
  'REPORT_INTERVAL_SECONDS',
  'REPORT_LEASE_SECONDS',
  'PLAN_POLL_SECONDS',
  'DEPLOYMENT',
  'METRICS_NAMESPACE',
  'METRICS_PER_OCA',
  'CLOUDFRONT_URLS',
] as const;

export type Environment = Record<(typeof environment)[number], string>;
