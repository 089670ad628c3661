import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytes } from '#domain/units.ts';
import { ChunkHasher, chunkHashOf } from '../../../oca-agent/store/chunk-hashes.ts';
import { formatSidecar, parseSidecar } from '../../../oca-agent/store/sidecar.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { nameFor } from '../fixtures/stores.ts';

const MIB = 2 ** 20;
const content = seededBytes(700, 2 * MIB + 5);
const hashes = [
  content.subarray(0, MIB),
  content.subarray(MIB, 2 * MIB),
  content.subarray(2 * MIB),
].map((chunk) => chunkHashOf(chunk));
const names = [nameFor('a.mp4')];

test('chunks are hashed alike in whatever pieces their bytes come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: content.length }), { maxLength: 12 }),
      (cuts) => {
        const hasher = new ChunkHasher();
        const places = [0, ...cuts.toSorted((one, other) => one - other), content.length];
        places.forEach((place, index) => {
          hasher.update(content.subarray(places[index - 1] ?? 0, place));
        });
        expect(hasher.finish()).toEqual(hashes);
      },
    ),
    { numRuns: 25 },
  );
  expect(new ChunkHasher().finish()).toEqual([]);
});

test('a sidecar says again what was written', () => {
  const sidecar = { sizeBytes: bytes(content.length), names, chunkHashes: hashes };
  expect(parseSidecar(formatSidecar(sidecar))).toEqual(sidecar);
});

test('a sidecar of version 1 is read, without hashes', () => {
  const first = JSON.stringify({ version: 1, sizeBytes: 7, names });
  expect(parseSidecar(first)).toEqual({ sizeBytes: 7, names });
  expect(formatSidecar({ sizeBytes: bytes(7), names })).toBe(`${first}\n`);
});

test.each([
  ['too few hashes', { version: 2, sizeBytes: MIB + 1, names, chunkHashes: hashes.slice(0, 1) }],
  ['a hash that is none', { version: 2, sizeBytes: 1, names, chunkHashes: ['short'] }],
  ['no hashes in version 2', { version: 2, sizeBytes: 1, names }],
  ['a newer version', { version: 3, sizeBytes: 1, names, chunkHashes: hashes.slice(0, 1) }],
])('a sidecar with %s is none of ours', (_, content) => {
  expect(parseSidecar(JSON.stringify(content))).toBeUndefined();
});

test('half a sidecar, or none, is none of ours', () => {
  expect(parseSidecar('{"version":2,"sizeBy')).toBeUndefined();
  expect(parseSidecar(undefined)).toBeUndefined();
});
