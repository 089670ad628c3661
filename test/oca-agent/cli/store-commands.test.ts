import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Clock } from '#domain/clock.ts';
import { epochMs, milliseconds } from '#domain/units.ts';
import { buildProgram } from '../../../oca-agent/cli/program.ts';
import { CommandFailed } from '../../../oca-agent/cli/reach.ts';
import { nodePlatform, systemClock } from '../../../oca-agent/platform/node-platform.ts';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

let site: TestSite;
let printed: string;

/** The watch over the disks looks every ten seconds: those go by four times as fast. */
const HASTE = 4;
const startedAt = systemClock.now();
const clock: Clock = {
  now: () => epochMs(startedAt + (systemClock.now() - startedAt) * HASTE),
  sleep: (duration, signal) => systemClock.sleep(milliseconds(duration / HASTE), signal),
};

beforeAll(async () => {
  site = await TestSite.start({ platform: { clock } });
  for (const seed of [1, 2]) site.cloudFront.put('title-1', `${seed}.mp4`, seededBytes(seed, 5000));
  for (const seed of [1, 2]) await site.store('title-1', `${seed}.mp4`);
});
afterAll(() => site.stop());
beforeEach(() => {
  printed = '';
});

/** Runs one command in this process, against the running agent. */
async function oca(...words: string[]): Promise<string> {
  const platform = nodePlatform();
  const program = buildProgram({
    platform,
    softwareVersion: 'test',
    configFile: '/nowhere/agent.json',
    print: (text) => {
      printed += text;
    },
    serve: async () => undefined,
  });
  const reach = ['--url', site.managementUrl];
  try {
    await program.exitOverride().parseAsync([...words, ...reach], { from: 'user' });
  } finally {
    platform.httpClient.close();
  }
  return printed;
}
const placeOf = async (assetId: string) => {
  for (const { path } of site.disks()) {
    const shard = join(path, 'objects', assetId.slice(0, 2));
    const names: string[] = await readdir(shard).catch(() => []);
    if (names.includes(assetId)) return join(shard, assetId);
  }
  throw new Error(`${assetId} lies nowhere`);
};

test('scrub tells how far the round has come, in words and in JSON', async () => {
  expect(await oca('scrub')).toMatch(/^scrub (?:no round yet|\d+ % .*), 0 repaired\n$/);
  printed = '';
  expect(JSON.parse(await oca('scrub', '--json')).scrub).toMatchObject({ totalBytes: 10_000 });
});

test('scrub --now ends with the round that it began', async () => {
  const page = await oca('scrub', '--now');
  expect(page.trimEnd().split('\n').at(-1)).toBe(
    'scrub 100 % (10.0 kB of 10.0 kB) in 0 min, last completed 0 min ago, 0 repaired',
  );
});

test('scrub --now fails when something was lost, and says what is so', async () => {
  await writeFile(await placeOf(sha256(seededBytes(1, 5000))), seededBytes(9, 5000));
  await expect(oca('scrub', '--now', '--json')).rejects.toBeInstanceOf(CommandFailed);
  expect(JSON.parse(printed)).toMatchObject({ isUrgent: false, lostAssets: 1, repairedAssets: 0 });
  printed = '';
  expect(await oca('status')).toMatch(/^scrub .*, 1 LOST, to be filled again$/m);
});

test('scrub of some assets verifies those now', async () => {
  const assetId = sha256(seededBytes(2, 5000));
  expect(await oca('scrub', '--asset', assetId)).toBe('verified 1 assets, 5.0 kB\n');
  printed = '';
  expect(await oca('scrub', '--title', 'title-2')).toBe('verified 0 assets, 0 B\n');
  await expect(oca('scrub', '--asset', 'abc')).rejects.toMatchObject({ code: 'request-invalid' });
});

test('disks are a table, with what is wrong below it, until the disk is replaced', async () => {
  const folder = join(site.folder, 'hdd-2');
  expect(await oca('disks')).toMatch(/^disk +tier +state +since +used +free +in flight\n/);
  expect(printed).toMatch(/^hdd-2 +hdd +healthy +0 min +0 B +7\.1 MB +0 \+ 0$/m);
  await rename(folder, join(site.folder, 'pulled'));
  await mkdir(folder);
  const state = async () => (await site.status()).disks.find(({ diskId }) => diskId === 'hdd-2');
  await until(async () => (await state())?.state === 'failed', 'the disk to be missed', 20_000);
  printed = '';
  expect(await oca('disks')).toMatch(
    /^hdd-2 failed: blank disk mounted: `oca disks replace hdd-2`/m,
  );
  expect((await site.status()).reasons).toEqual([expect.stringMatching(/^disk hdd-2 failed: /)]);
  printed = '';
  expect(await oca('status')).toMatch(/^disk {7}hdd-2 \(hdd\): FAILED, blank disk mounted/m);
  printed = '';
  expect(await oca('disks', 'replace', 'hdd-2')).toMatch(/^hdd-2 +hdd +replaced /m);
  printed = '';
  expect(JSON.parse(await oca('disks', '--json'))).toContainEqual(
    expect.objectContaining({ diskId: 'hdd-2', state: 'replaced', inFlight: 0 }),
  );
  await expect(oca('disks', 'replace', 'hdd-2')).rejects.toMatchObject({ code: 'request-invalid' });
  await expect(oca('disks', 'replace', 'No Disk')).rejects.toMatchObject({
    code: 'request-invalid',
  });
});

test('a disk whose own medium is there is returned, another is not', async () => {
  expect(await oca('disks', 'return', 'hdd-1')).toMatch(/^hdd-1 +hdd +healthy /m);
  await expect(oca('disks', 'return', 'hdd-9')).rejects.toMatchObject({ code: 'not-found' });
  await expect(oca('disks', 'return', 'No Disk')).rejects.toMatchObject({
    code: 'request-invalid',
  });
});

test('status tells what each tier can hold, and that parity is off', async () => {
  const page = await oca('status');
  expect(page).toMatch(/^tier {7}flash: 1 assets, 5\.0 kB of 8\.0 MB usable \(8\.4 MB raw\)$/m);
  expect(page).toContain('parity     off\n');
});
