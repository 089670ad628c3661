/**
 * Quantities that carry their unit in the type, so that bits never meet bytes by accident.
 * A brand exists at compile time only; at run time each is a plain number.
 */
declare const unit: unique symbol;
type Quantity<Unit extends string> = number & { readonly [unit]: Unit };

/** A size. Whole, not negative. Disk vendors' TB is 10^12 bytes; TiB is 2^40. */
export type Bytes = Quantity<'byte'>;
/** A rate of transfer. Network rates are bits per second everywhere; bytes per second do not exist here. */
export type BitsPerSecond = Quantity<'bit/s'>;
/** A duration. */
export type Milliseconds = Quantity<'ms'>;
/** An instant: milliseconds since 1970-01-01T00:00:00Z. Names of instants end in `At`. */
export type EpochMs = Quantity<'epoch-ms'>;
/** Dimensionless, 0..1. A *rate* is per second and never this. */
export type Ratio = Quantity<'ratio'>;
/** Money, in United States dollars. */
export type UsDollars = Quantity<'USD'>;

function quantity<Q extends number>(value: number, isValid: boolean, expected: string): Q {
  if (!isValid) throw new RangeError(`expected ${expected}, received ${value}`);
  return value as Q;
}

/** @throws RangeError unless `value` is a whole number from 0 to 2^53 − 1. */
export const bytes = (value: number): Bytes =>
  quantity(value, Number.isSafeInteger(value) && value >= 0, 'a whole number of bytes, 0 or more');

/** @throws RangeError unless `value` is finite and not negative. */
export const bitsPerSecond = (value: number): BitsPerSecond =>
  quantity(value, Number.isFinite(value) && value >= 0, 'a finite rate, 0 bit/s or more');

/** @throws RangeError unless `value` is finite and not negative. */
export const milliseconds = (value: number): Milliseconds =>
  quantity(value, Number.isFinite(value) && value >= 0, 'a finite duration, 0 ms or more');

/** @throws RangeError unless `value` is a finite number of milliseconds. */
export const epochMs = (value: number): EpochMs =>
  quantity(value, Number.isFinite(value), 'a finite instant in epoch milliseconds');

/** @throws RangeError unless `value` lies in 0..1. */
export const ratio = (value: number): Ratio =>
  quantity(value, value >= 0 && value <= 1, 'a ratio from 0 to 1');

/** @throws RangeError unless `value` is finite. */
export const usDollars = (value: number): UsDollars =>
  quantity(value, Number.isFinite(value), 'a finite amount of US dollars');

export const seconds = (value: number): Milliseconds => milliseconds(value * 1000);
export const gigabitsPerSecond = (value: number): BitsPerSecond => bitsPerSecond(value * 1e9);

/** The instant `duration` after `at`. */
export const after = (at: EpochMs, duration: Milliseconds): EpochMs => epochMs(at + duration);

/** The time from `earlier` to `later`; 0 when a clock stepped back between the two. */
export const elapsed = (earlier: EpochMs, later: EpochMs): Milliseconds =>
  milliseconds(Math.max(0, later - earlier));

/** Mean rate of `size` over `duration`; 0 for an empty interval. */
export const rateOf = (size: Bytes, duration: Milliseconds): BitsPerSecond =>
  bitsPerSecond(duration > 0 ? (size * 8 * 1000) / duration : 0);

/** `part / whole`, and 0 when there is no whole: a hit ratio before the first request. */
export const share = (part: number, whole: number): Ratio => ratio(whole > 0 ? part / whole : 0);
