/**
 * Small decoders for what comes over the wire. A decoder reads an `unknown`, notes every fault with its place, and
 * returns the typed value; {@link decode} gives either the whole value or all faults at once. Fields that a decoder
 * does not know are dropped, so that a newer sender may add some.
 */
export interface Fault {
  /** Where in the message, e.g. `sites[2].timeZone`; empty for the message itself. */
  readonly path: string;
  readonly expected: string;
  /** What stood there, shortened. */
  readonly found: string;
}

export type Decoded<T> = { ok: true; value: T } | { ok: false; faults: readonly Fault[] };

/** Where a decoder is: at a field of the object, or a member of the list, that it stands in. */
interface Place {
  readonly faults: Fault[];
  readonly step: string | number;
  readonly outer?: Place;
}

/** Reads one value. What it returns after noting a fault is never seen by anybody. */
export type Decoder<T> = (value: unknown, at: Place) => T;
interface OptionalDecoder<T> extends Decoder<T | undefined> {
  readonly isOptional: true;
}

const FOUND_LENGTH_MAX = 60;

export function decode<T>(decoder: Decoder<T>, value: unknown): Decoded<T> {
  const faults: Fault[] = [];
  const decoded = decoder(value, { faults, step: '' });
  return faults.length === 0 ? { ok: true, value: decoded } : { ok: false, faults };
}

/** Decodes JSON text; text that is not JSON is one fault. */
export function decodeJson<T>(decoder: Decoder<T>, text: string): Decoded<T> {
  try {
    return decode(decoder, JSON.parse(text));
  } catch {
    return { ok: false, faults: [{ path: '', expected: 'JSON', found: shorten(text) }] };
  }
}

/** All faults in one line: `sites[0].kind: expected "isp" or "ixp", found "cable"; …`. */
export const describeFaults = (faults: readonly Fault[]): string =>
  faults
    .map((fault) => `${fault.path || 'message'}: expected ${fault.expected}, found ${fault.found}`)
    .join('; ');

export function text(options: { pattern?: RegExp; lengthMax?: number } = {}): Decoder<string> {
  const { pattern, lengthMax = 4096 } = options;
  const expected = pattern
    ? `text that matches ${pattern.source}`
    : `text of at most ${lengthMax} characters`;
  return (value, at) => {
    const isValid =
      typeof value === 'string' && value.length <= lengthMax && (!pattern || pattern.test(value));
    return isValid ? value : fault(at, expected, value);
  };
}

/** Text with a grammar of its own, told by a type guard. */
export function branded<T extends string>(
  accepts: (text: string) => text is T,
  expected: string,
): Decoder<T> {
  return (value, at) =>
    typeof value === 'string' && accepts(value) ? value : fault(at, expected, value);
}

export function integer<N extends number = number>(
  options: { min?: number; max?: number } = {},
): Decoder<N> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  return (value, at) => {
    const isValid =
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    return isValid ? (value as N) : fault(at, `a whole number from ${min} to ${max}`, value);
  };
}

export function decimal<N extends number = number>(
  options: { min?: number; max?: number } = {},
): Decoder<N> {
  const { min = 0, max = Number.MAX_VALUE } = options;
  return (value, at) => {
    const isValid =
      typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max;
    return isValid ? (value as N) : fault(at, `a number from ${min} to ${max}`, value);
  };
}

export const truth: Decoder<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : fault(at, 'true or false', value);

export function literal<const T extends string | number>(...choices: readonly T[]): Decoder<T> {
  return (value, at) => {
    const isChoice = choices.some((choice) => choice === value);
    return isChoice
      ? (value as T)
      : fault(at, choices.map((choice) => JSON.stringify(choice)).join(' or '), value);
  };
}

export function list<T>(item: Decoder<T>, options: { lengthMax?: number } = {}): Decoder<T[]> {
  const { lengthMax = 1_000_000 } = options;
  return (value, at) => {
    if (!Array.isArray(value) || value.length > lengthMax)
      return fault(at, `a list of at most ${lengthMax}`, value);
    return value.map((member, index) => item(member, inside(at, index)));
  };
}

export function optional<T>(decoder: Decoder<T>): OptionalDecoder<T> {
  const decodeOptional = (value: unknown, at: Place) =>
    value === undefined ? undefined : decoder(value, at);
  return Object.assign(decodeOptional, { isOptional: true as const });
}

type Fields = Record<string, Decoder<unknown>>;
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends OptionalDecoder<unknown> ? K : never;
}[keyof F];
type Shape<F extends Fields> = {
  [K in Exclude<keyof F, OptionalKeys<F>>]: ReturnType<F[K]>;
} & { [K in OptionalKeys<F>]?: Exclude<ReturnType<F[K]>, undefined> };

/** An object with these fields. Optional ones that are absent stay absent. */
export function object<F extends Fields>(fields: F): Decoder<Shape<F>> {
  const members = Object.entries(fields);
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return fault(at, 'an object', value);
    const source = value as Record<string, unknown>;
    const decoded: Record<string, unknown> = {};
    for (const [key, decoder] of members) {
      const member = decoder(source[key], inside(at, key));
      if (member !== undefined) decoded[key] = member;
    }
    return decoded as Shape<F>;
  };
}

const inside = (outer: Place, step: string | number): Place => ({
  faults: outer.faults,
  step,
  outer,
});

/** Put together for a fault alone: most values have none. */
function pathOf({ step, outer }: Place): string {
  const before = outer ? pathOf(outer) : '';
  if (typeof step === 'number') return `${before}[${step}]`;
  return before === '' ? step : `${before}.${step}`;
}

function fault<T>(at: Place, expected: string, found: unknown): T {
  at.faults.push({
    path: pathOf(at),
    expected,
    found: found === undefined ? 'nothing' : shorten(JSON.stringify(found)),
  });
  return undefined as T;
}

const shorten = (text: string): string =>
  text.length <= FOUND_LENGTH_MAX ? text : `${text.slice(0, FOUND_LENGTH_MAX)}…`;
