import { appendFile, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Hit } from '../../../../oca-agent/delivery/nginx/hit-line.ts';
import { HitLog } from '../../../../oca-agent/delivery/nginx/hit-log.ts';
import { nodeFileSystem } from '../../../../oca-agent/platform/file-system.ts';
import { ManualClock } from '../../fixtures/manual-clock.ts';
import { until } from '../../fixtures/until.ts';

let folder: string;
let path: string;
let hits: string[];
let reopened: number;
let running: { readonly clock: ManualClock; stop(): Promise<void> };

const line = (file: string) =>
  `1.0\tid\t192.0.2.7\tGET\t200\t1\t0.1\tOK\t-\t/~t/content/film/${file}\t-\t-\t-\t-\n`;

function begin() {
  const clock = new ManualClock();
  const ending = new AbortController();
  const log = new HitLog({
    path,
    files: nodeFileSystem,
    clock,
    log: () => undefined,
    reopen: async () => {
      reopened += 1;
      await writeFile(path, '');
    },
    onHit: ({ file }: Hit) => hits.push(file),
    onRefused: (status) => hits.push(String(status)),
  });
  const run = log.run(ending.signal);
  return {
    clock,
    stop: () => {
      ending.abort();
      return run;
    },
  };
}
/** Lets it read once. */
async function step(forMs = 500): Promise<void> {
  const { clock } = running;
  await until(() => clock.sleepers > 0, 'the log to wait');
  await clock.advance(forMs);
  await until(() => clock.sleepers > 0, 'the log to have read');
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oca-hits-'));
  path = join(folder, 'hits.log');
  hits = [];
  reopened = 0;
  running = begin();
});
afterEach(async () => {
  await running.stop();
  await rm(folder, { recursive: true });
});

test('lines are read as they come, each once, and half a line when it is whole', async () => {
  await step();
  await writeFile(path, line('a.mp4') + line('b.mp4').slice(0, 20));
  await step();
  expect(hits).toEqual(['a.mp4']);
  await appendFile(path, line('b.mp4').slice(20) + line('c.mp4'));
  await step();
  await step();
  expect(hits).toEqual(['a.mp4', 'b.mp4', 'c.mp4']);
});

test('a restart reads on where the run before ended, also what came in between', async () => {
  await writeFile(path, line('a.mp4'));
  await step();
  await running.stop();
  await appendFile(path, line('b.mp4'));
  running = begin();
  await step();
  expect(hits).toEqual(['a.mp4', 'b.mp4']);
});

test('a large file is put aside, read to its end after the workers have left it, and removed', async () => {
  const many = line('a.mp4').repeat(Math.ceil(17 * 2 ** 20) / line('a.mp4').length);
  await writeFile(path, many);
  await step();
  expect(reopened).toBe(1);
  await appendFile(`${path}.aside`, line('late.mp4'));
  await appendFile(path, line('new.mp4'));
  await step(5000);
  await step();
  expect(hits.slice(-2)).toEqual(['late.mp4', 'new.mp4']);
  expect((await readdir(folder)).sort()).toEqual(['hits.log', 'hits.log.read']);
});

test('a file that a stop left aside is read first at the next start, from where it was read to', async () => {
  await writeFile(path, line('a.mp4'));
  await step();
  await running.stop();
  await rename(path, `${path}.aside`);
  await appendFile(`${path}.aside`, line('b.mp4'));
  await writeFile(path, line('c.mp4'));
  running = begin();
  await step();
  expect(hits).toEqual(['a.mp4', 'b.mp4', 'c.mp4']);
  await expect(stat(`${path}.aside`)).rejects.toThrow('ENOENT');
});
