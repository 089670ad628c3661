/** Something wrong in a configuration, told so that it can be put right without reading code. */
export interface ConfigFault {
  /** Where, e.g. `sites[0].ocas[1].address.ipv4`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** One fault, or none. */
export const faultIf = (
  isFault: boolean,
  path: string,
  expected: string,
  found: unknown,
): ConfigFault[] => (isFault ? [{ path, expected, found: String(found) }] : []);
