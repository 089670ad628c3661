import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bytes } from '#domain/units.ts';
import type { OpenFile } from '../../../oca-agent/platform/file-system.ts';
import { AssetWriter } from '../../../oca-agent/store/asset-writer.ts';
import type { Volume } from '../../../oca-agent/store/volume.ts';
import { volumeIn } from '../fixtures/volumes.ts';

const MIB = 2 ** 20;
const SIZE = 700 * MIB;
const chunk = Buffer.alloc(4 * MIB);
let root: string;
let volume: Volume;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-writer-'));
  ({ volume } = await volumeIn(root));
});
afterEach(() => rm(root, { recursive: true }));

/** Takes bytes and keeps none; how many wait to be synced. */
class Sink implements OpenFile {
  unsyncedBytes = 0;
  mostUnsyncedBytes = 0;
  syncs = 0;
  failsAtSync = 0;
  async write(piece: Uint8Array) {
    this.unsyncedBytes += piece.length;
    this.mostUnsyncedBytes = Math.max(this.mostUnsyncedBytes, this.unsyncedBytes);
  }
  async sync() {
    this.syncs += 1;
    const before = this.unsyncedBytes;
    await new Promise((resolve) => setImmediate(resolve));
    this.unsyncedBytes -= before;
    if (this.syncs === this.failsAtSync)
      throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'fsync' });
  }
  read = async () => 0;
  sizeBytes = async () => SIZE;
  close = async () => undefined;
}

function writerTo(file: Sink): AssetWriter {
  const partial = { path: join(root, 'x.part'), file };
  return new AssetWriter({ volume, sizeBytes: bytes(SIZE), partial, giveRoomBack() {} });
}

test('of a large asset no more than half a gigabyte waits to be synced', async () => {
  const sink = new Sink();
  const writer = writerTo(sink);
  while (!writer.isComplete) await writer.append(chunk);
  expect(sink.mostUnsyncedBytes).toBeLessThanOrEqual(512 * MIB + chunk.length);
  await writer.sync();
  expect(sink.unsyncedBytes).toBe(0);
});

test('a sync that fails on the way is final, however the later ones end', async () => {
  const sink = new Sink();
  sink.failsAtSync = 2;
  const writer = writerTo(sink);
  while (!writer.isComplete) await writer.append(chunk);
  await expect(writer.sync()).rejects.toThrow('EIO');
});
