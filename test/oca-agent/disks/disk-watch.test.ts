import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { milliseconds } from '#domain/units.ts';
import { DiskWatch } from '../../../oca-agent/disks/disk-watch.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { type TestVolume, volumeIn } from '../fixtures/volumes.ts';

let root: string;
let disks: TestVolume[];
let watch: DiskWatch;
let isFillComplete: boolean;
const clock = new ManualClock();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-watch-'));
  isFillComplete = false;
  disks = await Promise.all(
    ['hdd-1', 'hdd-2', 'hdd-3'].map((diskId) => volumeIn(root, { diskId })),
  );
  for (const { volume } of disks) await volume.mount(false);
  watch = new DiskWatch({
    disks: disks.map(({ volume }) => volume),
    files: nodeFileSystem,
    clock,
    diskHealthFile: join(root, 'health.json'),
    isFillComplete: () => isFillComplete,
  });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const states = () => disks.map(({ volume }) => volume.state.state);
const tell = (smartctl: object, index = 0) =>
  writeFile(
    join(root, 'health.json'),
    JSON.stringify({ version: 1, disks: [{ path: disks[index]?.disk.path, smartctl }] }),
  );
const pending = (value: number) => ({
  ata_smart_attributes: { table: [{ id: 197, raw: { value } }] },
});

test('a disk that is pulled, and one that is put back, are seen without anybody using them', async () => {
  const path = disks[1]?.disk.path ?? '';
  await rename(path, `${path}-away`);
  await watch.look();
  expect(states()).toEqual(['healthy', 'failed', 'healthy']);
  await rename(`${path}-away`, path);
  await watch.look();
  expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
  expect(disks[1]?.news.at(-1)).toBe('returned');
});

test('a disk that is much slower than the others for a minute is called slow, and well when it is not', async () => {
  const windows = async (count: number, slowMs: number) => {
    for (let window = 0; window < count; window += 1) {
      disks.forEach(({ volume }, index) => {
        for (let sample = 0; sample < 100; sample += 1)
          volume.guard.latencies.note(milliseconds(index === 2 ? slowMs : 30));
      });
      await watch.look();
    }
  };
  await windows(5, 900);
  expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
  await windows(1, 900);
  expect(states()).toEqual(['healthy', 'healthy', 'slow']);
  expect(disks[2]?.volume.isWritable).toBe(false);
  await windows(6, 30);
  expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
});

test('what a disk says of itself counts when it gets worse', async () => {
  await tell(pending(8));
  await watch.look();
  expect(states()[0]).toBe('healthy');
  await tell(pending(9));
  await watch.look();
  expect(disks[0]?.volume.state).toMatchObject({
    state: 'read-only',
    reason: 'pending sectors rose from 8 to 9',
  });
  await writeFile(join(root, 'health.json'), 'half a fi');
  await watch.look();
  expect(states()[0]).toBe('read-only');
});

test('a replaced disk is an ordinary one when the fill has come to its end', async () => {
  const [one] = disks;
  await rm(one?.disk.path ?? '', { recursive: true });
  await nodeFileSystem.makeFolder(one?.disk.path ?? '');
  await watch.look();
  await one?.volume.replace();
  await watch.look();
  expect(states()[0]).toBe('replaced');
  isFillComplete = true;
  await watch.look();
  expect(states()[0]).toBe('healthy');
});

test('it looks every ten seconds until it is told to end', async () => {
  const ending = new AbortController();
  const running = watch.run(ending.signal);
  const path = disks[0]?.disk.path ?? '';
  await rename(path, `${path}-away`);
  await clock.advance(9000);
  expect(states()[0]).toBe('healthy');
  await clock.advance(1000);
  while (states()[0] === 'healthy') await new Promise((resolve) => setImmediate(resolve));
  ending.abort();
  await running;
});
