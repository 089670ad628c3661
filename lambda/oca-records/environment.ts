/** What the stack sets and the handler reads. OCA_DOMAIN is `oca.<domain>`, below which all names are. */
export const environment = ['FLEET_TABLE', 'HOSTED_ZONE_ID', 'OCA_DOMAIN'] as const;

export type Environment = Record<(typeof environment)[number], string>;
