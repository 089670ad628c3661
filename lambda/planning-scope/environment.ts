/** What the stack sets and the handler reads. */
export const environment = ['FLEET_TABLE', 'PLAN_BUCKET'] as const;

export type Environment = Record<(typeof environment)[number], string>;
