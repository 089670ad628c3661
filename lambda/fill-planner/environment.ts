/** What the stack sets and the handler reads. */
export const environment = [
  'FLEET_TABLE',
  'TITLES_TABLE',
  'HEALTH_TABLE',
  'PLAN_BUCKET',
  'FILL_PLAN_KEYS_SECRET',
  'PLAN_LIFETIME_HOURS',
] as const;

export type Environment = Record<(typeof environment)[number], string>;
