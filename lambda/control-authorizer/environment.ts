/** What the stack sets and the handler reads. */
export const environment = ['FLEET_TABLE'] as const;

export type Environment = Record<(typeof environment)[number], string>;
