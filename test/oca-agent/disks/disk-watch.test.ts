import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { milliseconds } from '#domain/units.ts';
import { DiskWatch, type WatchedDisk } from '../../../oca-agent/disks/disk-watch.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { type TestVolume, volumeIn } from '../fixtures/volumes.ts';

let root: string;
let disks: TestVolume[];
let watch: DiskWatch;
let isFillComplete: boolean;
let clock: ManualClock;
let events: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-watch-'));
  isFillComplete = false;
  clock = new ManualClock();
  events = [];
  disks = await Promise.all(
    ['hdd-1', 'hdd-2', 'hdd-3'].map((diskId) => volumeIn(root, { diskId, clock })),
  );
  for (const { volume } of disks) await volume.mount(false);
  watch = new DiskWatch({
    disks: disks.map(({ volume }) => volume),
    files: nodeFileSystem,
    clock,
    log: (event) => events.push(event),
    diskHealthFile: join(root, 'health.json'),
    isFillComplete: () => isFillComplete,
  });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const states = () => disks.map(({ volume }) => volume.state.state);
/** What the first disk says of itself; the others say nothing. */
const tell = (smartctl: object, writtenAt?: number) =>
  writeFile(
    join(root, 'health.json'),
    JSON.stringify({
      version: 1,
      writtenAt: writtenAt === undefined ? undefined : writtenAt / 1000,
      disks: disks.map(({ disk }, index) => ({
        path: disk.path,
        ...(index === 0 && { smartctl }),
      })),
    }),
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

/** So many windows of ten seconds with so many reads of each disk, those of the third as slow as told. */
const windows = async (count: number, reads: number, slowMs: number) => {
  for (let window = 0; window < count; window += 1) {
    disks.forEach(({ volume }, index) => {
      for (let read = 0; read < reads; read += 1)
        volume.guard.latencies.note(milliseconds(index === 2 ? slowMs : 30));
    });
    await clock.advance(10_000);
    await watch.look();
  }
};

test('a disk that is much slower than the others for a minute is called slow, and well when it is not', async () => {
  await windows(5, 100, 900);
  expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
  await windows(1, 100, 900);
  expect(states()).toEqual(['healthy', 'healthy', 'slow']);
  expect(disks[2]?.volume.state.reason).toBe("p99 of reads 1024 ms, the others' median 32 ms");
  expect(disks[2]?.volume.isWritable).toBe(false);
  await windows(6, 100, 30);
  expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
});

test('where each disk is read once in ten seconds the slow one is found too, in seven minutes', async () => {
  await windows(39, 1, 900);
  expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
  await windows(1, 1, 900);
  expect(states()).toEqual(['healthy', 'healthy', 'slow']);
  expect(disks[2]?.volume.state.reason).toMatch(/^p95 of reads 1024 ms/);
  await windows(40, 1, 30);
  expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
});

test('a disk that alone is busy is measured by what the others took last', async () => {
  await windows(10, 20, 30);
  const [, , third] = disks;
  for (let window = 0; window < 6; window += 1) {
    for (let read = 0; read < 100; read += 1) third?.volume.guard.latencies.note(milliseconds(900));
    await clock.advance(10_000);
    await watch.look();
  }
  expect(states()).toEqual(['healthy', 'healthy', 'slow']);
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

test('nobody’s word for it, an old one or one that leaves a disk out is told after ten minutes, and changes nothing', async () => {
  const trouble = async () => {
    await watch.look();
    await clock.advance(600_000);
    await watch.look();
    return watch.healthTrouble;
  };
  await watch.look();
  expect(watch.healthTrouble).toBeUndefined();
  expect(await trouble()).toBe('missing, or not what oca-health writes');
  await tell(pending(8), clock.now());
  await watch.look();
  expect([watch.healthTrouble, events]).toEqual([
    undefined,
    ['store.health.unknown', 'store.health.known'],
  ]);
  await writeFile(join(root, 'health.json'), '{"version":1,');
  expect(await trouble()).toMatch(/^missing, or not/);
  await tell({ smart_status: { passed: false } }, clock.now() - 3_601_000);
  expect(await trouble()).toMatch(/^written at .*, more than an hour ago$/);
  expect(states()[0]).toBe('read-only');
  const [first] = disks;
  const file = { version: 1, disks: [{ path: first?.disk.path }] };
  await writeFile(join(root, 'health.json'), JSON.stringify(file));
  expect(await trouble()).toBe('nothing of hdd-2, hdd-3');
});

test('what was said of a medium before it was replaced says nothing of the new one', async () => {
  await tell(pending(800), clock.now());
  await watch.look();
  const [one] = disks;
  await rm(one?.disk.path ?? '', { recursive: true });
  await nodeFileSystem.makeFolder(one?.disk.path ?? '');
  await clock.advance(1000);
  await one?.volume.replace();
  await watch.look();
  await clock.advance(10_000);
  await tell(pending(0), clock.now());
  await watch.look();
  expect(states()[0]).toBe('replaced');
  await tell(pending(1), clock.now());
  await watch.look();
  expect(one?.volume.state.reason).toBe('pending sectors rose from 0 to 1');
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

test('a disk that does not answer holds up the look at the others for ten seconds at most', async () => {
  let looks = 0;
  const [hanging, other] = disks.map(({ volume }) => volume);
  if (!hanging || !other) throw new Error('no disks');
  const { disk, guard } = hanging;
  const pair: WatchedDisk[] = [
    { disk, guard, look: () => new Promise(() => undefined), noteFilled: () => undefined },
    {
      disk: other.disk,
      guard: other.guard,
      async look() {
        looks += 1;
      },
      noteFilled: () => undefined,
    },
  ];
  const options = {
    files: nodeFileSystem,
    clock,
    log: () => undefined,
    isFillComplete: () => false,
  };
  const ending = new AbortController();
  const running = new DiskWatch({ ...options, disks: pair }).run(ending.signal);
  for (let step = 0; step < 6; step += 1) await clock.advance(10_000);
  expect(looks).toBe(3);
  ending.abort();
  await running;
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
