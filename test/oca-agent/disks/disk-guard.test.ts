import { expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import { milliseconds } from '#domain/units.ts';
import { GATE_LIMITS } from '../../../oca-agent/disks/disk-gate.ts';
import { DiskGuard } from '../../../oca-agent/disks/disk-guard.ts';
import {
  type FileSystem,
  nodeFileSystem,
  type OpenFile,
} from '../../../oca-agent/platform/file-system.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';

const NO_FILE: OpenFile = {
  read: async () => 0,
  write: async () => undefined,
  sizeBytes: async () => 0,
  sync: async () => undefined,
  close: async () => undefined,
};

/** Every operation takes its time by the clock of the test. */
function guardOf(takesMs: number, errno?: string) {
  const clock = new ManualClock();
  const slowly = async <T>(result: T): Promise<T> => {
    await clock.sleep(milliseconds(takesMs));
    return result;
  };
  const read = async () => {
    if (errno !== undefined)
      throw Object.assign(new Error(errno), { code: errno, syscall: 'read' });
    return slowly(0);
  };
  const files: FileSystem = {
    ...nodeFileSystem,
    readText: () => slowly('text'),
    open: async () => ({ ...NO_FILE, read }),
    stat: () => slowly(undefined),
    syncFolder: () => slowly(undefined),
    remove: () => slowly(undefined),
  };
  const guard = new DiskGuard({
    diskId: 'hdd-1' as DiskId,
    files,
    clock,
    limits: GATE_LIMITS.hdd,
    onChange: () => undefined,
  });
  const did = async (work: Promise<unknown>) => {
    await clock.advance(takesMs);
    await work;
  };
  return { clock, guard, did };
}

test('reads of content are the measure of a disk; names, sidecars, writes and syncs are not', async () => {
  const { clock, guard, did } = guardOf(300);
  for (let index = 0; index < 100; index += 1) {
    await did(guard.files.stat('/d/a'));
    await did(guard.files.remove('/d/a'));
    await did(guard.files.syncFolder('/d'));
    await did(guard.files.readText('/d/a.json'));
  }
  expect(guard.latencies.take(clock.now())).toBeUndefined();
  const file = await guard.files.open('/d/a');
  for (let index = 0; index < 100; index += 1) await did(file.read(Buffer.alloc(1), 0));
  expect(guard.latencies.take(clock.now())).toMatchObject({ p95: 512, p99: 512 });
});

test('a sidecar that memory answers does not make up for content that cannot be read', async () => {
  const { guard, did } = guardOf(1, 'EIO');
  for (let index = 0; index < 5; index += 1) {
    const file = await guard.files.open(`/d/${index}`);
    await did(expect(file.read(Buffer.alloc(1), 0)).rejects.toMatchObject({ code: 'disk-failed' }));
    if (index < 4) await did(guard.files.readText(`/d/${index}.json`));
  }
  expect(guard.status.condition).toMatchObject({
    state: 'failed',
    reason: 'EIO on 5 reads in a row',
  });
});
