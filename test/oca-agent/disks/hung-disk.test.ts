import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type FileSystem,
  nodeFileSystem,
  type OpenFile,
} from '../../../oca-agent/platform/file-system.ts';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { ManualClock, settled } from '../fixtures/manual-clock.ts';
import { type TestVolume, volumeIn } from '../fixtures/volumes.ts';

const content = seededBytes(11, 50_000);
const assetId = sha256(content);
let root: string;
let clock: ManualClock;
let bad: TestVolume;
let good: TestVolume;
let isHung: boolean;
let answers: (() => void)[];

/** The real files; while `isHung`, a read of hdd-bad neither answers nor fails, until the test lets it. */
const files: FileSystem = {
  ...nodeFileSystem,
  async open(path) {
    const file = await nodeFileSystem.open(path);
    const read: OpenFile['read'] = async (buffer, position) => {
      if (isHung && path.includes('hdd-bad'))
        await new Promise<void>((resolve) => answers.push(resolve));
      return file.read(buffer, position);
    };
    return { ...file, read };
  },
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-hung-'));
  clock = new ManualClock();
  isHung = false;
  answers = [];
  bad = await volumeIn(root, { diskId: 'hdd-bad', files, clock });
  good = await volumeIn(root, { diskId: 'hdd-good', files, clock });
  for (const { volume } of [bad, good]) {
    await volume.mount(false);
    const { path, file } = await volume.createPartial();
    await file.write(content, 0).finally(() => file.close());
    await volume.publish(path, assetId, '{}');
  }
});
afterEach(async () => {
  for (const answer of answers) answer();
  await settled();
  await rm(root, { recursive: true, force: true });
});

const read = async ({ volume }: TestVolume, buffer = Buffer.alloc(content.length)) => {
  const file = await volume.openAsset(assetId);
  try {
    return await file.read(buffer, 0);
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await file.close();
  }
};
const turn = async (secondsCount: number) => {
  for (let second = 0; second < secondsCount; second += 1) await clock.advance(1000);
};

/** Real files take their time, whatever the clock of the test says. */
const once = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

test('a disk that hangs sheds, and the other answers as if nothing were', async () => {
  const opened = await Promise.all(Array.from({ length: 12 }, () => bad.volume.openAsset(assetId)));
  isHung = true;
  const stuck = opened.map((file) =>
    file.read(Buffer.alloc(content.length), 0).catch((error) => error.code as string),
  );
  for (let index = 0; index < 200; index += 1) expect(await read(good)).toBe(content.length);
  expect(answers).toHaveLength(4);
  await turn(16);
  expect(await Promise.all(stuck)).toEqual(new Array(12).fill('disk-busy'));
  expect(bad.volume.state).toMatchObject({ state: 'slow', reason: expect.stringMatching(/^hung/) });
  expect(bad.volume.isWritable).toBe(false);
  await expect(bad.volume.openAsset(assetId)).rejects.toMatchObject({ code: 'disk-busy' });
  expect(good.volume.state.state).toBe('healthy');
  await Promise.all(opened.map((file) => file.close()));
});

test('a disk that answers again is in use again; one that hangs for minutes has failed', async () => {
  isHung = true;
  const first = read(bad);
  await once(() => answers.length > 0);
  await turn(16);
  expect(await first).toBe('disk-busy');
  isHung = false;
  for (const answer of answers.splice(0)) answer();
  await once(() => bad.volume.state.state === 'healthy');
  expect(await read(bad)).toBe(content.length);
  isHung = true;
  const second = read(bad);
  await once(() => answers.length > 0);
  await turn(181);
  expect(await second).toBe('disk-busy');
  expect(bad.volume.state).toMatchObject({
    state: 'failed',
    reason: 'hung: no answer for 180 s',
  });
});

test('a disk whose marker memory answers hangs all the same', async () => {
  isHung = true;
  const stuck = read(bad);
  await once(() => answers.length > 0);
  await turn(50);
  expect(await stuck).toBe('disk-busy');
  await bad.volume.look();
  expect(bad.volume.state).toMatchObject({ state: 'slow', reason: expect.stringMatching(/^hung/) });
});

test('a read that was given up never writes into the buffer of who asked', async () => {
  const file = await bad.volume.openAsset(assetId);
  isHung = true;
  const buffer = Buffer.alloc(content.length, 1);
  const given = file.read(buffer, 0).catch((error) => error.code as string);
  await once(() => answers.length > 0);
  await turn(16);
  expect(await given).toBe('disk-busy');
  isHung = false;
  for (const answer of answers.splice(0)) answer();
  await once(() => bad.volume.state.state === 'healthy');
  expect(buffer.equals(Buffer.alloc(content.length, 1))).toBe(true);
  await file.close();
});
