import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseDiskHealth } from '../../../oca-agent/disks/disk-health-file.ts';

const run = promisify(execFile);
let root: string;
let script: string;

/** The script of docs/install.md, and stand-ins for the tools that need root and a disk that tells. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-health-'));
  const page = await readFile(new URL('../../../docs/install.md', import.meta.url), 'utf8');
  const text = /```sh\n(#!\/bin\/sh\n# Writes what the disks say[\s\S]*?)```/.exec(page)?.[1] ?? '';
  script = join(root, 'oca-health');
  await writeFile(script, text);
  const disks = ['a', 'b'].map((name) => ({ path: join(root, name) }));
  for (const { path } of disks) await mkdir(path);
  await writeFile(join(root, 'agent.json'), JSON.stringify({ disks }));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function standIn(name: string, body: string): Promise<void> {
  await mkdir(join(root, 'bin'), { recursive: true });
  await writeFile(join(root, 'bin', name), `#!/bin/sh\n${body}\n`);
  await chmod(join(root, 'bin', name), 0o755);
}
async function written() {
  const target = join(root, 'disks.json');
  const env = { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, OCA_NODE: process.execPath };
  await run('/bin/sh', [script, join(root, 'agent.json'), target], { env });
  return parseDiskHealth(await readFile(target, 'utf8'));
}

test('the health script of docs/install.md writes what the agent reads, of every disk', async () => {
  const worn = new URL('../disks/recorded/nvme-worn.json', import.meta.url).pathname;
  await standIn('smartctl', `[ "$1 $2" = "-j -a" ] && cat '${worn}'; exit 4`);
  await standIn('nvme', 'echo "No such device" >&2; exit 1');
  const health = await written();
  expect([...(health?.vitalsByPath.keys() ?? [])]).toEqual([join(root, 'a'), join(root, 'b')]);
  expect(health?.vitalsByPath.get(join(root, 'b'))).toMatchObject({
    percentageUsed: 3,
    errorCounts: { 'media errors': 7 },
  });
  expect(health?.writtenAt).toBeGreaterThan(1_700_000_000_000);
});

test('without the tools the file says nothing of the disks, and is a good one', async () => {
  await standIn('smartctl', 'exit 127');
  await standIn('nvme', 'exit 127');
  const health = await written();
  expect([...(health?.vitalsByPath.values() ?? [])]).toEqual([
    { errorCounts: {} },
    { errorCounts: {} },
  ]);
});
