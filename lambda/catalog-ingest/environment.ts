/** What the stack sets and the handler reads. */
export const environment = ['TITLES_TABLE', 'CONTENT_BUCKET', 'EVENT_BUS_NAME'] as const;

export type Environment = Record<(typeof environment)[number], string>;
