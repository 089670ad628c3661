/**
 * The field GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1, as in Linux's RAID-6. Its elements are bytes; addition
 * and subtraction are both XOR; 2 generates all but 0.
 * Source: H. P. Anvin, "The mathematics of RAID-6", 2004-2011.
 */
const FIELD_POLYNOMIAL = 0x11d;

/** 2^i for i in 0..509, so that a sum of two logarithms needs no remainder. */
const POWERS = new Uint8Array(510);
const LOGARITHMS = new Uint8Array(256);
for (let exponent = 0, value = 1; exponent < 255; exponent += 1) {
  POWERS[exponent] = value;
  POWERS[exponent + 255] = value;
  LOGARITHMS[value] = exponent;
  value = value < 0x80 ? value << 1 : (value << 1) ^ FIELD_POLYNOMIAL;
}

/** To the base 2, for any value but 0. */
export const logarithm = (value: number): number => LOGARITHMS[value] as number;

/** 2 to any whole power, negative ones too. */
export const powerOfTwo = (exponent: number): number =>
  POWERS[((exponent % 255) + 255) % 255] as number;

export const multiply = (one: number, other: number): number =>
  one === 0 || other === 0 ? 0 : (POWERS[logarithm(one) + logarithm(other)] as number);

/** @throws RangeError for 0, which has none. */
export function inverse(value: number): number {
  if (value === 0) throw new RangeError('0 has no inverse');
  return POWERS[255 - logarithm(value)] as number;
}
