/** What the stack sets and the handler reads. */
export const environment = ['FLEET_TABLE', 'CLIENT_AUTHORITY_SECRET', 'CERTIFICATE_DAYS'] as const;

export type Environment = Record<(typeof environment)[number], string>;
