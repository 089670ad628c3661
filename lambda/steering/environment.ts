/** What the stack sets and the handler reads. */
export const environment = [
  'FLEET_TABLE',
  'HEALTH_TABLE',
  'SESSION_TOKEN_KEYS_SECRET',
  'TOKEN_ISSUER',
  'STEERING_TTL_SECONDS',
  'REPORT_LEASE_SECONDS',
  'PLAYBACK_URL',
] as const;

export type Environment = Record<(typeof environment)[number], string>;
