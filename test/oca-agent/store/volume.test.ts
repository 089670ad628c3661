import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AssetId } from '#domain/ids.ts';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { failingFiles, type Operation } from '../fixtures/failing-files.ts';
import { type TestVolume, volumeIn } from '../fixtures/volumes.ts';

const content = seededBytes(7, 100_000);
const assetId = sha256(content);
const ROW = `${'ab'.repeat(16)}.1`;
let root: string;
let failWith: (operation: Operation, path: string) => string | undefined;
let one: TestVolume;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-volume-'));
  failWith = () => undefined;
  const files = failingFiles((operation, path) => failWith(operation, path));
  one = await volumeIn(root, { files });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const names = () => readdir(one.disk.path).then((found) => found.sort());
const marker = async () =>
  JSON.parse(await readFile(join(one.disk.path, '.oca-disk'), 'utf8')) as Record<string, unknown>;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => error.code as string,
  );
async function partial(): Promise<string> {
  const { path, file } = await one.volume.createPartial();
  try {
    await file.write(content, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}
async function readAll(): Promise<Buffer> {
  const file = await one.volume.openAsset(assetId);
  const buffer = Buffer.alloc(content.length);
  await file.read(buffer, 0).finally(() => file.close());
  return buffer;
}

describe('taking a disk into use', () => {
  test('a blank folder gets a marker with an identity of its own, and the folders of a store', async () => {
    await one.volume.mount(false);
    expect(one.volume.state.state).toBe('healthy');
    expect(await names()).toEqual(['.oca-disk', 'objects', 'parity', 'retired', 'tmp']);
    expect(await marker()).toEqual({
      version: 2,
      diskId: 'hdd-1',
      diskUuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('a marker of the first version is taken, and renewed', async () => {
    await writeFile(join(one.disk.path, '.oca-disk'), '{"version":1,"diskId":"hdd-1"}\n');
    await one.volume.mount(true);
    expect(one.volume.state.state).toBe('healthy');
    expect(await marker()).toMatchObject({ version: 2, diskUuid: expect.any(String) });
  });

  test.each([
    ['another disk', '{"version":2,"diskId":"hdd-2","diskUuid":"u"}', /names disk hdd-2/],
    ['a newer version', '{"version":3,"diskId":"hdd-1"}', /newer version: 3/],
    ['nobody', 'garbage', /cannot be read/],
  ])('a marker of %s is not taken, and nothing is touched', async (_whose, text, reason) => {
    await writeFile(join(one.disk.path, '.oca-disk'), text);
    await one.volume.mount(false);
    expect(one.volume.failure).toMatch(reason);
    expect(await names()).toEqual(['.oca-disk']);
  });

  test('a folder with files of somebody else is not taken', async () => {
    await writeFile(join(one.disk.path, 'thesis.txt'), 'do not lose');
    await one.volume.mount(false);
    expect(one.volume.failure).toMatch(/no marker, and not empty: thesis.txt/);
    expect(await names()).toEqual(['thesis.txt']);
  });

  test('a folder that is no mount point is not taken where mount points are required', async () => {
    const strict = await volumeIn(root, { diskId: 'hdd-9', requiresMountPoint: true });
    await strict.volume.mount(false);
    expect(strict.volume.failure).toMatch(/not mounted/);
    expect(await readdir(strict.disk.path)).toEqual([]);
  });

  test('a known disk that is blank now waits for the operator', async () => {
    await one.volume.mount(true);
    expect(one.volume.failure).toMatch(/blank disk mounted: `oca disks replace hdd-1`/);
    expect(await names()).toEqual([]);
  });
});

describe('what is kept on it', () => {
  const listed = async () => {
    const shards = await one.volume.listShards();
    return (await Promise.all(shards.map((shard) => one.volume.listShard(shard)))).flat();
  };
  beforeEach(() => one.volume.mount(false));

  test('an asset is there with its sidecar once it is published, and gone with it once it is removed', async () => {
    await one.volume.publish(await partial(), assetId, 'sidecar');
    expect(await readAll()).toEqual(content);
    expect(await one.volume.readSidecar(assetId)).toBe('sidecar');
    expect(await one.volume.statAsset(assetId)).toBe(content.length);
    expect((await listed()).sort()).toEqual([assetId, `${assetId}.json`]);
    await one.volume.removeAsset(assetId);
    expect(await listed()).toEqual([]);
    expect(await one.volume.readSidecar(assetId)).toBeUndefined();
  });

  test('a retired asset is no asset any more, its bytes stay, and who reads it reads on', async () => {
    await one.volume.publish(await partial(), assetId, 'sidecar');
    const open = await one.volume.openAsset(assetId);
    await one.volume.retireAsset(assetId);
    expect(await listed()).toEqual([]);
    expect(await one.volume.readSidecar(assetId)).toBeUndefined();
    expect(await one.volume.listRetired()).toEqual([assetId]);
    expect(await one.volume.statRetired(assetId)).toBe(content.length);
    const [first, second] = [Buffer.alloc(content.length), Buffer.alloc(content.length)];
    await open.read(first, 0).finally(() => open.close());
    const retired = await one.volume.openRetired(assetId);
    await retired.read(second, 0).finally(() => retired.close());
    expect([first.equals(content), second.equals(content)]).toEqual([true, true]);
    await one.volume.removeRetired(assetId);
    expect(await one.volume.listRetired()).toEqual([]);
  });

  test('a parity file is there with its sidecar once it is published; a sidecar alone is cleared away', async () => {
    await one.volume.publishParity(await partial(), ROW, 'row');
    expect(await one.volume.listParity()).toEqual([ROW]);
    expect(await one.volume.readParitySidecar(ROW)).toBe('row');
    expect(await one.volume.statParity(ROW)).toBe(content.length);
    const file = await one.volume.openParity(ROW);
    const buffer = Buffer.alloc(content.length);
    await file.read(buffer, 0).finally(() => file.close());
    expect(buffer.equals(content)).toBe(true);
    await rm(join(one.disk.path, 'parity', 'ab', ROW));
    expect(await one.volume.listParity()).toEqual([]);
    expect(await readdir(join(one.disk.path, 'parity', 'ab'))).toEqual([]);
    await one.volume.removeParity(ROW);
  });

  test('leftovers of transfers go when the disk is taken into use again', async () => {
    await partial();
    await one.volume.mount(true);
    expect(await readdir(join(one.disk.path, 'tmp'))).toEqual([]);
  });

  test('the room of its filesystem is asked for once a second at most', async () => {
    let asked = 0;
    failWith = (operation) => {
      if (operation === 'freeBytes') asked += 1;
      return undefined;
    };
    const [first, second] = await Promise.all([one.volume.freeBytes(), one.volume.freeBytes()]);
    expect(first).toBeGreaterThan(0);
    expect([second, asked]).toEqual([first, 1]);
  });
});

describe('what its failures teach', () => {
  beforeEach(async () => {
    await one.volume.mount(false);
    await one.volume.publish(await partial(), assetId, 'sidecar');
  });
  const ids = Array.from({ length: 5 }, (_, index) => sha256(Buffer.from([index])));

  test('a read that fails once is tried again, and nobody notices', async () => {
    let failures = 0;
    failWith = (operation) => {
      failures += operation === 'read' ? 1 : 0;
      return operation === 'read' && failures === 1 ? 'EIO' : undefined;
    };
    expect(await readAll()).toEqual(content);
    expect([failures, one.volume.state.state]).toEqual([2, 'healthy']);
  });

  test('the disk is out after five reads that fail, and refuses at once from then on', async () => {
    let reads = 0;
    failWith = (operation) => {
      if (operation !== 'readText') return undefined;
      reads += 1;
      return 'EIO';
    };
    const [last, ...others] = ids;
    for (const id of others) expect(await codeOf(one.volume.readSidecar(id))).toBe('disk-failed');
    expect(one.volume.failure).toBeUndefined();
    expect(await codeOf(one.volume.readSidecar(last as AssetId))).toBe('disk-failed');
    expect(one.volume.state).toMatchObject({ state: 'failed', reason: 'EIO on 5 reads in a row' });
    expect(one.news).toEqual(['failed: EIO on 5 reads in a row']);
    reads = 0;
    expect([await codeOf(readAll()), reads]).toEqual(['disk-failed', 0]);
  });

  test('one file that cannot be read costs no disk, however many ask for it', async () => {
    failWith = (operation) => (operation === 'read' ? 'EIO' : undefined);
    for (let round = 0; round < 50; round += 1) expect(await codeOf(readAll())).toBe('disk-failed');
    expect(one.volume.state.state).toBe('healthy');
  });

  test.each<[Operation, string]>([
    ['write', 'EIO'],
    ['sync', 'EIO'],
    ['create', 'EROFS'],
    ['rename', 'EROFS'],
    ['syncFolder', 'EIO'],
  ])(
    'after %s has failed with %s nothing is written any more, and reads go on',
    async (failing, errno) => {
      failWith = (operation) => (operation === failing ? errno : undefined);
      const publish = async (id: AssetId) => one.volume.publish(await partial(), id, '{}');
      expect(await codeOf(publish(ids[0] as AssetId))).toBe('disk-read-only');
      failWith = () => undefined;
      expect(one.volume.state).toMatchObject({ state: 'read-only', reason: `${errno} on write` });
      expect([one.volume.isWritable, one.volume.isReadable]).toEqual([false, true]);
      const calls: string[] = [];
      failWith = (operation) => {
        calls.push(operation);
        return undefined;
      };
      expect(await codeOf(one.volume.createPartial())).toBe('disk-read-only');
      expect(await codeOf(one.volume.removeAsset(assetId))).toBe('disk-read-only');
      expect(calls).toEqual([]);
      expect(await readAll()).toEqual(content);
    },
  );

  test('a full filesystem is no failure', async () => {
    failWith = (operation) => (operation === 'create' ? 'ENOSPC' : undefined);
    expect(await codeOf(one.volume.createPartial())).toBe('disk-full');
    expect([one.volume.isFull, one.volume.state.state]).toEqual([true, 'healthy']);
  });

  test('a file that is missing from a disk that is there says nothing of the disk', async () => {
    expect(await codeOf(one.volume.openAsset(ids[1] as AssetId))).toBe('ENOENT');
    expect(one.volume.state.state).toBe('healthy');
  });
});

describe('pulled and replaced', () => {
  const away = () => `${one.disk.path}-elsewhere`;
  beforeEach(async () => {
    await one.volume.mount(false);
    await one.volume.publish(await partial(), assetId, 'sidecar');
  });
  const pull = async () => {
    await rename(one.disk.path, away());
    await mkdir(one.disk.path);
  };

  test('a disk that is pulled is noticed by the next operation, and not a file is made in its mount point', async () => {
    const path = await partial();
    await pull();
    expect(await codeOf(one.volume.publish(path, assetId, 'sidecar'))).toBe('disk-failed');
    expect(await codeOf(one.volume.createPartial())).toBe('disk-failed');
    expect(one.volume.failure).toMatch(/blank disk mounted/);
    expect(await names()).toEqual([]);
  });

  test('the same disk put back is in use again, with what it holds', async () => {
    await pull();
    await one.volume.look();
    expect(one.volume.isReadable).toBe(false);
    await rm(one.disk.path, { recursive: true });
    await one.volume.look();
    expect(one.volume.failure).toMatch(/pulled or unmounted: the folder is missing/);
    await rename(away(), one.disk.path);
    await one.volume.look();
    expect(one.news.slice(1)).toEqual(['returned']);
    expect(one.volume.state.state).toBe('healthy');
    expect(await readAll()).toEqual(content);
  });

  test('a disk that failed by its errors is not taken for well because its marker is there', async () => {
    failWith = (operation, path) =>
      operation === 'readText' && path.includes('objects') ? 'EIO' : undefined;
    for (let index = 0; index < 5; index += 1)
      await codeOf(one.volume.readSidecar(sha256(Buffer.from([index]))));
    failWith = () => undefined;
    await one.volume.look();
    expect(one.volume.failure).toBe('EIO on 5 reads in a row');
  });

  test('a blank disk is taken in the place of the old one when the operator says so, under the same id', async () => {
    const before = (await marker()).diskUuid;
    await pull();
    await one.volume.look();
    await one.volume.replace();
    expect(one.volume.state).toMatchObject({ state: 'replaced', reason: expect.any(String) });
    expect(one.news.slice(1)).toEqual(['replaced']);
    expect(await marker()).toMatchObject({ diskId: 'hdd-1', diskUuid: expect.any(String) });
    expect((await marker()).diskUuid).not.toBe(before);
    await one.volume.publish(await partial(), assetId, 'sidecar');
    await one.volume.look();
    expect(one.volume.state.state).toBe('replaced');
    one.volume.noteFilled();
    expect(one.volume.state.state).toBe('healthy');
  });

  test('a disk that was swapped before anybody looked is given up first, then replaced', async () => {
    await pull();
    await one.volume.replace();
    expect(one.news).toEqual([expect.stringMatching(/^failed: blank/), 'replaced']);
  });

  test('neither its own disk nor one of somebody else is taken for a blank one', async () => {
    expect(await codeOf(one.volume.replace())).toBe('request-invalid');
    expect(one.volume.state.state).toBe('healthy');
    await pull();
    await writeFile(join(one.disk.path, 'thesis.txt'), 'do not lose');
    expect(await codeOf(one.volume.replace())).toBe('request-invalid');
    await one.volume.look();
    expect(one.volume.failure).toMatch(/foreign disk mounted/);
    expect(await names()).toEqual(['thesis.txt']);
  });
});
