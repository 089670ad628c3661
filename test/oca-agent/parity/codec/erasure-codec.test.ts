import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReedSolomonErasure } from '@digitaldefiance/reed-solomon-erasure.wasm';
import { expect, test } from '@jest/globals';
import { createWasmReedSolomonBinding } from '@shelby-protocol/reed-solomon';
import fc from 'fast-check';
import { coefficient } from '#domain/parity/parity-matrix.ts';
import { type Random, seededRandom } from '#domain/random.ts';
import { createCodec } from '../../../../oca-agent/parity/codec/erasure-codec.ts';
import { KernelMemories } from '../../../../oca-agent/parity/codec/kernel-memories.ts';

const MODULE = '@digitaldefiance/reed-solomon-erasure.wasm/wasm';
const moduleOf = (name: string) => readFileSync(createRequire(import.meta.url).resolve(name));

/** Products of bytes without the field's own tables: shift, add, and reduce by 0x11d. */
function multiplySlowly(one: number, other: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = product & 0x80 ? (product << 1) ^ 0x11d : product << 1;
    if ((other >> bit) & 1) product ^= one;
  }
  return product;
}

/** Σ factor · source by that alone. */
function expectedSum(
  factors: readonly number[],
  sources: readonly Uint8Array[],
  lengthBytes: number,
): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, at) =>
    sources.reduce(
      (sum, source, index) => sum ^ multiplySlowly(factors[index] ?? 0, source[at] ?? 0),
      0,
    ),
  );
}

const noise = (random: Random, lengthBytes: number) =>
  Uint8Array.from({ length: lengthBytes }, () => Math.floor(random.next() * 256));
const equal = (one: Uint8Array | undefined, other: Uint8Array | undefined) =>
  one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;

/** Data pieces of these lengths and their rows, in the codec's memory or anywhere. */
function encodedGroup(
  codec: ReturnType<typeof createCodec>,
  lengths: readonly number[],
  options: { readonly random: Random; readonly isInMemory: boolean },
): Uint8Array[] {
  const { dataFiles, parityFiles } = codec;
  const lengthBytes = Math.max(0, ...lengths);
  const buffers = options.isInMemory
    ? codec.allocate(dataFiles + parityFiles, lengthBytes)
    : Array.from({ length: dataFiles + parityFiles }, () => new Uint8Array(lengthBytes));
  const pieces = buffers.map((buffer, piece) => buffer.subarray(0, lengths[piece] ?? lengthBytes));
  for (const piece of pieces) piece.set(noise(options.random, piece.length));
  codec.encode(pieces.slice(0, dataFiles), pieces.slice(dataFiles));
  return pieces;
}

test.each([
  [0, 2],
  [65, 2],
  [10, 9],
  [10, -1],
  [1.5, 1],
])('there is no codec for %d + %d files', (dataFiles, parityFiles) => {
  expect(() => createCodec(dataFiles, parityFiles)).toThrow(RangeError);
});

test('fewer than k pieces tell nothing', () => {
  const codec = createCodec(3, 2);
  const pieces = [Uint8Array.of(1), undefined, undefined, Uint8Array.of(1), undefined];
  expect(() => codec.reconstruct(pieces, [1], 1)).toThrow(RangeError);
});

test('rows are sums of products, bit for bit, whatever the lengths and wherever the pieces lie', () => {
  const cases = fc.record({
    seed: fc.integer(),
    dataFiles: fc.integer({ min: 1, max: 64 }),
    parityFiles: fc.integer({ min: 0, max: 8 }),
    isInMemory: fc.boolean(),
    lengths: fc.array(
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.constantFrom(64, 128, 256)),
      { minLength: 64, maxLength: 64 },
    ),
  });
  fc.assert(
    fc.property(cases, ({ seed, dataFiles, parityFiles, isInMemory, lengths }) => {
      const codec = createCodec(dataFiles, parityFiles);
      const own = lengths.slice(0, dataFiles);
      const pieces = encodedGroup(codec, own, { random: seededRandom(seed), isInMemory });
      const data = pieces.slice(0, dataFiles);
      pieces.slice(dataFiles).forEach((row, index) => {
        const factors = data.map((_, column) => coefficient(index, column));
        expect(equal(row, expectedSum(factors, data, Math.max(...own)))).toBe(true);
      });
    }),
    { seed: 20_269, numRuns: 60 },
  );
});

test('a row is written over to its end, and nothing beside it is touched', () => {
  const codec = createCodec(2, 3);
  const [one, other, ...buffers] = codec.allocate(5, 300);
  if (!one || !other) throw new Error('no buffers');
  one.fill(7, 0, 100);
  const rows = buffers.map((buffer) => buffer.fill(0xee).subarray(10, 217));
  codec.encode([one.subarray(0, 100), undefined], rows);
  rows.forEach((row, index) => {
    const factors = [coefficient(index, 0)];
    expect(equal(row, expectedSum(factors, [one.subarray(0, 100)], 207))).toBe(true);
  });
  for (const buffer of buffers) {
    const beside = [...buffer.subarray(0, 10), ...buffer.subarray(217)];
    expect(new Set(beside)).toEqual(new Set([0xee]));
  }
  expect(other.every((value) => value === 0)).toBe(true);
});

test('folding the files one by one gives the rows, and folding one again takes it away', () => {
  const cases = fc.record({
    seed: fc.integer(),
    dataFiles: fc.integer({ min: 1, max: 12 }),
    parityFiles: fc.integer({ min: 1, max: 8 }),
    isInMemory: fc.boolean(),
    lengthBytes: fc.integer({ min: 1, max: 4000 }),
  });
  fc.assert(
    fc.property(cases, ({ seed, dataFiles, parityFiles, isInMemory, lengthBytes }) => {
      const random = seededRandom(seed);
      const codec = createCodec(dataFiles, parityFiles);
      const lengths = Array.from({ length: dataFiles }, () =>
        Math.ceil(random.next() * lengthBytes),
      );
      const pieces = encodedGroup(codec, lengths, { random, isInMemory });
      const rows = pieces.slice(dataFiles);
      const folded = rows.map((row) => new Uint8Array(row.length));
      for (let column = 0; column < dataFiles; column += 1)
        codec.fold(column, pieces[column] as Uint8Array, folded);
      expect(folded.every((row, index) => equal(row, rows[index]))).toBe(true);

      const leaving = Math.floor(random.next() * dataFiles);
      codec.fold(leaving, pieces[leaving] as Uint8Array, rows);
      const rest = pieces.slice(0, dataFiles).with(leaving, new Uint8Array(0));
      const anew = rows.map((row) => new Uint8Array(row.length));
      codec.encode(rest, anew);
      expect(anew.every((row, index) => equal(row, rows[index]))).toBe(true);
    }),
    { seed: 20_270, numRuns: 40 },
  );
});

function* lossPatterns(pieces: number, lost: number, from = 0): Generator<number[]> {
  if (lost === 0) yield [];
  else
    for (let first = from; first < pieces; first += 1)
      for (const rest of lossPatterns(pieces, lost - 1, first + 1)) yield [first, ...rest];
}

/** Loses them, and looks at what is told of them. */
function isRecovered(
  codec: ReturnType<typeof createCodec>,
  pieces: readonly Uint8Array[],
  lost: readonly number[],
): boolean {
  const lengthBytes = Math.max(...pieces.map(({ length }) => length));
  const left = pieces.map((piece, index) => (lost.includes(index) ? undefined : piece));
  const told = codec.reconstruct(left, lost, lengthBytes);
  return lost.every((piece) => {
    const padded = new Uint8Array(lengthBytes);
    padded.set(pieces[piece] as Uint8Array);
    return equal(told.get(piece), padded);
  });
}

test.each([
  [10, 2, 79],
  [10, 4, 1471],
  [5, 3, 93],
])(
  'of %d + %d files, every pattern of lost ones (%d) is recovered',
  (dataFiles, parityFiles, count) => {
    const codec = createCodec(dataFiles, parityFiles);
    const random = seededRandom(31);
    const lengths = Array.from({ length: dataFiles }, (_, index) => 200 - 17 * index);
    const pieces = encodedGroup(codec, lengths, { random, isInMemory: true });
    let patterns = 0;
    for (let lost = 0; lost <= parityFiles; lost += 1) {
      for (const pattern of lossPatterns(dataFiles + parityFiles, lost)) {
        if (!isRecovered(codec, pieces, pattern)) throw new Error(`lost: ${pattern}`);
        patterns += 1;
      }
    }
    expect(patterns).toBe(count);
  },
);

test('files of any k, m and lengths are recovered from any k pieces, in the codec’s memory and elsewhere', () => {
  const cases = fc
    .record({
      seed: fc.integer(),
      dataFiles: fc.integer({ min: 1, max: 64 }),
      parityFiles: fc.integer({ min: 1, max: 8 }),
      isInMemory: fc.boolean(),
      lengthBytes: fc.integer({ min: 1, max: 1500 }),
    })
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        lost: fc.uniqueArray(fc.nat({ max: shape.dataFiles + shape.parityFiles - 1 }), {
          maxLength: shape.parityFiles,
        }),
      }),
    );
  fc.assert(
    fc.property(cases, ({ shape, lost }) => {
      const random = seededRandom(shape.seed);
      const codec = createCodec(shape.dataFiles, shape.parityFiles);
      const lengths = Array.from({ length: shape.dataFiles }, () =>
        Math.floor(random.next() * (shape.lengthBytes + 1)),
      );
      const { isInMemory } = shape;
      const pieces = encodedGroup(codec, lengths, { random, isInMemory });
      expect(isRecovered(codec, pieces, lost)).toBe(true);
    }),
    { seed: 20_271, numRuns: 60 },
  );
});

test('what is told can be written into given buffers, and pieces that are there can be asked for too', () => {
  const codec = createCodec(3, 2);
  const random = seededRandom(3);
  const pieces = encodedGroup(codec, [150, 150, 150], { random, isInMemory: true });
  const [first, second] = codec.allocate(2, 150) as [Uint8Array, Uint8Array];
  const told = codec.reconstruct(
    pieces.with(1, new Uint8Array(0)).map((piece, index) => (index === 1 ? undefined : piece)),
    [1, 2],
    150,
    [first, second],
  );
  expect(told.get(1)).toBe(first);
  expect(equal(first, pieces[1])).toBe(true);
  expect(equal(second, pieces[2])).toBe(true);
});

test('buffers of different calls, and arrays of the heap, can be used together', () => {
  const codec = createCodec(4, 2);
  const random = seededRandom(4);
  const apart = [1, 1, 1].flatMap(() => codec.allocate(1, 40_001));
  const data = [...apart, new Uint8Array(40_001)];
  for (const piece of data) piece.set(noise(random, piece.length));
  const rows = [new Uint8Array(40_001), ...codec.allocate(1, 40_001)];
  codec.encode(data, rows);
  rows.forEach((row, index) => {
    const factors = data.map((_, column) => coefficient(index, column));
    expect(equal(row, expectedSum(factors, data, 40_001))).toBe(true);
  });
});

/** The libraries' own matrix, told by them: the parity of unit vectors. */
function matrixOf(
  library: { encode(pieces: Uint8Array, dataPieces: number, parityPieces: number): number },
  dataFiles: number,
  parityFiles: number,
): Uint8Array[] {
  const rows = Array.from({ length: parityFiles }, () => new Uint8Array(dataFiles));
  for (let column = 0; column < dataFiles; column += 1) {
    const pieces = new Uint8Array(dataFiles + parityFiles);
    pieces[column] = 1;
    expect(library.encode(pieces, dataFiles, parityFiles)).toBe(0);
    rows.forEach((row, index) => {
      row[column] = pieces[dataFiles + index] ?? 0;
    });
  }
  return rows;
}

test.each([
  [
    '@digitaldefiance/reed-solomon-erasure.wasm',
    () => ReedSolomonErasure.fromBytes(moduleOf(MODULE)),
  ],
  ['@shelby-protocol/reed-solomon', createWasmReedSolomonBinding],
])('with the matrix of %s the kernel makes the same parity', (_, open) => {
  const library = open();
  for (const [dataFiles, parityFiles] of [
    [10, 2],
    [34, 3],
    [17, 8],
  ] as const) {
    const lengthBytes = 33_001;
    const random = seededRandom(dataFiles);
    const whole = noise(random, dataFiles * lengthBytes);
    const pieces = new Uint8Array((dataFiles + parityFiles) * lengthBytes);
    pieces.set(whole);
    expect(library.encode(pieces, dataFiles, parityFiles)).toBe(0);
    const memories = new KernelMemories(dataFiles + parityFiles);
    const buffers = memories.allocate(dataFiles + parityFiles, lengthBytes);
    const sources = buffers.slice(0, dataFiles);
    const outputs = buffers.slice(dataFiles);
    sources.forEach((source, column) => {
      source.set(whole.subarray(column * lengthBytes, (column + 1) * lengthBytes));
    });
    const factors = matrixOf(library, dataFiles, parityFiles);
    memories.apply({ outputs, factors, sources, lengthBytes, adds: false });
    outputs.forEach((output, index) => {
      const start = (dataFiles + index) * lengthBytes;
      expect(equal(output, pieces.subarray(start, start + lengthBytes))).toBe(true);
    });
  }
});
