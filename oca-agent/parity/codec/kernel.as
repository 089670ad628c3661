/**
 * Sums of products over GF(2^8), 16 bytes at a time: AssemblyScript, compiled by tools/build-codec.js into
 * kernel-module.ts. Addresses are offsets in the memory; lengths are multiples of 64 bytes. What lies where is said in
 * kernel.ts.
 *
 * A factor times a byte is the product with its low half XOR that with its high half, each from a table of 16: one
 * instruction looks up 16 bytes. Indices are 0 to 15, for which the relaxed swizzle is the exact one, only cheaper.
 * Source: J. S. Plank, K. M. Greenan, E. L. Miller, "Screaming Fast Galois Field Arithmetic Using Intel SIMD
 * Instructions", FAST 2013.
 */

/** Products of each factor, 32 bytes: with 0 to 15, then with 0x00 to 0xf0. They lie at the start of the memory. */
const PRODUCTS: usize = 0;

/**
 * Sources are read a few at a time and a piece at a time, with the outputs in the first-level cache: more streams than
 * these and reading ahead fails. Source: measured with 34 sources of 1 MiB, twice as fast as all sources at once.
 */
const SOURCES_AT_ONCE: i32 = 5;
const PIECE: usize = 8192;

/** output = Σ factor · source, or that added to the output. */
export function combine(
  output: usize, sources: usize, factors: usize, count: i32, length: usize, adds: bool,
): void {
  for (let start: usize = 0; start < length; start += PIECE) {
    const end = min(start + PIECE, length);
    for (let from = 0; from < count; from += SOURCES_AT_ONCE)
      combineSome(output, sources, factors, from, min(count, from + SOURCES_AT_ONCE), start, end, adds || from > 0);
  }
}

/** The same for two outputs at once, so that each source is read and split once. */
export function combinePair(
  first: usize, second: usize, sources: usize, firstFactors: usize, secondFactors: usize, count: i32, length: usize, adds: bool,
): void {
  for (let start: usize = 0; start < length; start += PIECE) {
    const end = min(start + PIECE, length);
    for (let from = 0; from < count; from += SOURCES_AT_ONCE)
      combinePairOfSome(
        first, second, sources, firstFactors, secondFactors,
        from, min(count, from + SOURCES_AT_ONCE), start, end, adds || from > 0,
      );
  }
}

/** output = Σ source, or that added to the output. */
export function sum(output: usize, sources: usize, count: i32, length: usize, adds: bool): void {
  for (let start: usize = 0; start < length; start += PIECE) {
    const end = min(start + PIECE, length);
    for (let from = 0; from < count; from += SOURCES_AT_ONCE)
      sumSome(output, sources, from, min(count, from + SOURCES_AT_ONCE), start, end, adds || from > 0);
  }
}

/**
 * p = Σ source, q = Σ 2^i · source i, by Horner's rule: from the last source on, double what is there and add. A source at
 * 0 counts as zeros.
 */
export function sumAndPowers(p: usize, q: usize, sources: usize, count: i32, length: usize): void {
  for (let start: usize = 0; start < length; start += PIECE) {
    const end = min(start + PIECE, length);
    for (let to = count; to > 0; to -= SOURCES_AT_ONCE)
      sumAndPowersOfSome(p, q, sources, max(0, to - SOURCES_AT_ONCE), to, start, end, to < count);
  }
}

function combineSome(
  output: usize, sources: usize, factors: usize, from: i32, to: i32, start: usize, end: usize, adds: bool,
): void {
  for (let at = start; at < end; at += 64) {
    let a = adds ? v128.load(output + at) : i8x16.splat(0);
    let b = adds ? v128.load(output + at, 16) : i8x16.splat(0);
    let c = adds ? v128.load(output + at, 32) : i8x16.splat(0);
    let d = adds ? v128.load(output + at, 48) : i8x16.splat(0);
    for (let index = from; index < to; index++) {
      const source = addressOf(sources, index) + at;
      const products = productsOf(factors, index);
      const low = v128.load(products), high = v128.load(products, 16);
      a = v128.xor(a, product(low, high, v128.load(source)));
      b = v128.xor(b, product(low, high, v128.load(source, 16)));
      c = v128.xor(c, product(low, high, v128.load(source, 32)));
      d = v128.xor(d, product(low, high, v128.load(source, 48)));
    }
    v128.store(output + at, a);
    v128.store(output + at, b, 16);
    v128.store(output + at, c, 32);
    v128.store(output + at, d, 48);
  }
}

function combinePairOfSome(
  first: usize, second: usize, sources: usize, firstFactors: usize, secondFactors: usize,
  from: i32, to: i32, start: usize, end: usize, adds: bool,
): void {
  for (let at = start; at < end; at += 32) {
    let a = adds ? v128.load(first + at) : i8x16.splat(0);
    let b = adds ? v128.load(first + at, 16) : i8x16.splat(0);
    let c = adds ? v128.load(second + at) : i8x16.splat(0);
    let d = adds ? v128.load(second + at, 16) : i8x16.splat(0);
    for (let index = from; index < to; index++) {
      const source = addressOf(sources, index) + at;
      const one = v128.load(source), other = v128.load(source, 16);
      const firstProducts = productsOf(firstFactors, index);
      const secondProducts = productsOf(secondFactors, index);
      a = v128.xor(a, product(v128.load(firstProducts), v128.load(firstProducts, 16), one));
      b = v128.xor(b, product(v128.load(firstProducts), v128.load(firstProducts, 16), other));
      c = v128.xor(c, product(v128.load(secondProducts), v128.load(secondProducts, 16), one));
      d = v128.xor(d, product(v128.load(secondProducts), v128.load(secondProducts, 16), other));
    }
    v128.store(first + at, a);
    v128.store(first + at, b, 16);
    v128.store(second + at, c);
    v128.store(second + at, d, 16);
  }
}

function sumSome(output: usize, sources: usize, from: i32, to: i32, start: usize, end: usize, adds: bool): void {
  for (let at = start; at < end; at += 64) {
    let a = adds ? v128.load(output + at) : i8x16.splat(0);
    let b = adds ? v128.load(output + at, 16) : i8x16.splat(0);
    let c = adds ? v128.load(output + at, 32) : i8x16.splat(0);
    let d = adds ? v128.load(output + at, 48) : i8x16.splat(0);
    for (let index = from; index < to; index++) {
      const source = addressOf(sources, index) + at;
      a = v128.xor(a, v128.load(source));
      b = v128.xor(b, v128.load(source, 16));
      c = v128.xor(c, v128.load(source, 32));
      d = v128.xor(d, v128.load(source, 48));
    }
    v128.store(output + at, a);
    v128.store(output + at, b, 16);
    v128.store(output + at, c, 32);
    v128.store(output + at, d, 48);
  }
}

function sumAndPowersOfSome(
  p: usize, q: usize, sources: usize, from: i32, to: i32, start: usize, end: usize, adds: bool,
): void {
  for (let at = start; at < end; at += 64) {
    let a = adds ? v128.load(p + at) : i8x16.splat(0);
    let b = adds ? v128.load(p + at, 16) : i8x16.splat(0);
    let c = adds ? v128.load(p + at, 32) : i8x16.splat(0);
    let d = adds ? v128.load(p + at, 48) : i8x16.splat(0);
    let e = adds ? v128.load(q + at) : i8x16.splat(0);
    let f = adds ? v128.load(q + at, 16) : i8x16.splat(0);
    let g = adds ? v128.load(q + at, 32) : i8x16.splat(0);
    let h = adds ? v128.load(q + at, 48) : i8x16.splat(0);
    for (let index = to - 1; index >= from; index--) {
      const source = addressOf(sources, index);
      e = doubled(e);
      f = doubled(f);
      g = doubled(g);
      h = doubled(h);
      if (source == 0) continue;
      const one = v128.load(source + at), two = v128.load(source + at, 16);
      const three = v128.load(source + at, 32), four = v128.load(source + at, 48);
      a = v128.xor(a, one);
      b = v128.xor(b, two);
      c = v128.xor(c, three);
      d = v128.xor(d, four);
      e = v128.xor(e, one);
      f = v128.xor(f, two);
      g = v128.xor(g, three);
      h = v128.xor(h, four);
    }
    v128.store(p + at, a);
    v128.store(p + at, b, 16);
    v128.store(p + at, c, 32);
    v128.store(p + at, d, 48);
    v128.store(q + at, e);
    v128.store(q + at, f, 16);
    v128.store(q + at, g, 32);
    v128.store(q + at, h, 48);
  }
}

// @ts-ignore: a decorator on a function is AssemblyScript's.
@inline function addressOf(sources: usize, index: i32): usize {
  return <usize>load<u32>(sources + (<usize>index << 2));
}

// @ts-ignore
@inline function productsOf(factors: usize, index: i32): usize {
  return PRODUCTS + (<usize>load<u8>(factors + <usize>index) << 5);
}

// @ts-ignore
@inline function product(low: v128, high: v128, bytes: v128): v128 {
  const mask = i8x16.splat(0x0f);
  return v128.xor(
    i8x16.relaxed_swizzle(low, v128.and(bytes, mask)),
    i8x16.relaxed_swizzle(high, v128.and(i16x8.shr_u(bytes, 4), mask)),
  );
}

/** Times 2: shift, and take the polynomial away where a bit went over. */
// @ts-ignore
@inline function doubled(bytes: v128): v128 {
  const carry = i8x16.lt_s(bytes, i8x16.splat(0));
  return v128.xor(i8x16.add(bytes, bytes), v128.and(carry, i8x16.splat(0x1d)));
}
