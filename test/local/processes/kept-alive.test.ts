import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KeptAlive } from '../../../local/processes/kept-alive.ts';
import { programIn, sources } from './programs-fixture.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-alive-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that says its process id, so that a test can kill it as anybody could. */
const telling = `${sources.obedient} console.log('pid ' + process.pid);`;

test('a child that dies is reported and started again, until it is told to stop', async () => {
  const pids: number[] = [];
  const second = Promise.withResolvers<void>();
  const deaths: string[] = [];
  const program = programIn(folder, telling, (line) => {
    if (!line.startsWith('pid ')) return;
    pids.push(Number(line.slice('pid '.length)));
    if (pids.length === 2) second.resolve();
    else process.kill(pids[0] ?? 0, 'SIGKILL');
  });
  const kept = new KeptAlive(program, (message) => deaths.push(message));
  await kept.ready();
  await second.promise;
  await kept.stop();
  expect(deaths).toEqual(['subject ended with SIGKILL; it is started again']);
  expect(pids).toHaveLength(2);
});
