/** What the stack sets and the handler reads. */
export const environment = ['PLAN_LIFETIME_HOURS'] as const;

export type Environment = Record<(typeof environment)[number], string>;
