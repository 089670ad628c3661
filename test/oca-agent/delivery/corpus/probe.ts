/**
 * What a hostile client sends over HTTP/1.1, and what may come of it. Data alone: `run-probe.ts` sends it to any server of the
 * delivery URLs, be it the agent or a web server in front of it.
 */
export interface Probe {
  readonly name: string;
  /** One character a byte. `{path}` stands for the path of a file that is there. */
  readonly bytes: string;
  readonly outcome: Outcome;
  /** What the agent's own server says. */
  readonly status: number;
}

/**
 * - `refused`: at most one answer, no success, and the connection is closed, so that what follows is not taken for a request;
 * - `either`: at most one answer, and what follows is not taken for a request;
 * - `served`: one success, because what was sent means no harm.
 */
export type Outcome = 'refused' | 'either' | 'served';

/** A second request, as whoever smuggles would hide it. It succeeds everywhere. */
export const SMUGGLED = 'GET {path} HTTP/1.1\r\nHost: a\r\n\r\n';

/** A request for the file with these fields after `Host`. */
export const get = (...fields: string[]): string =>
  `GET {path} HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

/** Probes of one outcome and one status, from pairs of a name and what is sent. */
export const probes = (
  outcome: Outcome,
  status: number,
  sent: readonly (readonly [name: string, bytes: string])[],
): Probe[] => sent.map(([name, bytes]) => ({ name, bytes, outcome, status }));
