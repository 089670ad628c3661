import { afterEach, expect, test } from '@jest/globals';
import { BadSectors } from '../../fixtures/bad-sectors.ts';
import { seededBytes } from '../../fixtures/bytes.ts';
import { pull } from '../../fixtures/parity-files.ts';
import { StoreOnDisks } from '../../fixtures/store-on-disks.ts';

const MIB = 2 ** 20;
/** As a response takes them. */
const PART = MIB / 2;
/** More chunks than are kept of what was told a moment ago. */
const OTHERS = 40;

let site: StoreOnDisks;
afterEach(() => site.remove());

test('a chunk is told once for a viewer who takes it in two parts, however many others are told in between', async () => {
  const sectors = new BadSectors();
  const parity = { dataFiles: 4, parityFiles: 2 };
  site = await StoreOnDisks.open({ hddDisks: 8, parity, fileSystem: sectors.files });
  const lost = await site.put(1, 2 * MIB);
  const others = [];
  for (let seed = 2; seed < 2 + OTHERS; seed += 1) others.push(await site.put(seed, 1000));
  for (let seed = 50; seed < 53; seed += 1) await site.put(seed, 2 * MIB);
  await site.protect();
  await pull(site, [lost.diskId]);
  const reader = await site.store.openReader(lost);
  const content = Buffer.alloc(2 * MIB);
  const reads: number[] = [];
  for (let position = 0; position < content.length; position += PART) {
    const before = sectors.paths.length;
    expect(await reader?.read(content.subarray(position, position + PART), position)).toBe(PART);
    reads.push(sectors.paths.length - before);
    for (const other of others) await site.keeper?.reconstructChunk(other, 0);
  }
  await reader?.close();
  expect(content.equals(seededBytes(1, 2 * MIB))).toBe(true);
  expect(reads).toEqual([4, 0, 4, 0]);
});

test('reads from any position and of any length give the same bytes', async () => {
  const parity = { dataFiles: 4, parityFiles: 2 };
  site = await StoreOnDisks.open({ hddDisks: 8, parity });
  const size = MIB + 777;
  const lost = await site.put(1, size);
  await site.protect();
  await pull(site, [lost.diskId]);
  const reader = await site.store.openReader(lost);
  const expected = seededBytes(1, size);
  for (const [position, length] of [
    [0, 100],
    [100, 100],
    [50, 200],
    [250, MIB],
    [MIB - 1, 10],
    [MIB, 10],
    [size - 1, 10],
    [size, 10],
    [0, 0],
  ] as const) {
    const buffer = Buffer.alloc(length);
    const readBytes = (await reader?.read(buffer, position)) ?? -1;
    const part = expected.subarray(position, position + readBytes);
    expect(buffer.subarray(0, readBytes).equals(part)).toBe(true);
    expect(readBytes > 0).toBe(position < size && length > 0);
  }
  await reader?.close();
});
