/** What the stack sets and the handler reads. */
export const environment = [
  'FLEET_TABLE',
  'HEALTH_TABLE',
  'REPORT_LEASE_SECONDS',
  'CERTIFICATE_DAYS',
  'REQUESTS_PER_MINUTE_MIN',
  'DEPLOYMENT',
  'METRICS_NAMESPACE',
  'EVENT_BUS_NAME',
] as const;

export type Environment = Record<(typeof environment)[number], string>;
