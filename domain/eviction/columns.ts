/** A column of numbers by slot. */
type Column = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

const LENGTH_MIN = 64;

/** A longer copy of a column, so that `slot` has a place: half as much again, the new places filled with `absent`. */
export function grown<C extends Column>(column: C, slot: number, absent = 0): C {
  const length = Math.max(LENGTH_MIN, slot + 1, Math.ceil(column.length * 1.5));
  const longer = new (column.constructor as new (length: number) => C)(length);
  longer.set(column);
  longer.fill(absent, column.length);
  return longer;
}

/** Mixes a key's 53 bits into 32. One to one for keys below 2^32. Source: MurmurHash3's finalizer (A. Appleby). */
export function mixed(key: number): number {
  let hash = (key | 0) ^ Math.imul((key / 2 ** 32) | 0, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
