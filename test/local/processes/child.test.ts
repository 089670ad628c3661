import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Child } from '../../../local/processes/child.ts';
import { isAlive, programIn, sources } from './programs-fixture.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'child-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a child that dies at its start is told with the last of its log', async () => {
  const child = new Child(programIn(folder, sources.broken));
  await expect(child.ready()).rejects.toMatchObject({
    code: 'start-failed',
    message: expect.stringMatching(/^subject ended with code 3; .*\n {2}the disk is on fire$/),
  });
});

test('a child that does not stop when asked to is killed', async () => {
  const child = new Child(programIn(folder, sources.stubborn));
  await child.ready();
  await child.stop();
  expect(isAlive(child.pid)).toBe(false);
});

test('a child says that it is ready, hands on its lines, and stops when asked to', async () => {
  const lines: string[] = [];
  const child = new Child(programIn(folder, sources.obedient, (line) => lines.push(line)));
  await child.ready();
  expect(child.isRunning).toBe(true);
  await child.stop();
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(child.isRunning).toBe(false);
  expect(lines).toEqual(['{"event":"part.ready","url":"http://127.0.0.1:1"}']);
});

test('a child ends with its parent, even when the parent is killed', async () => {
  const { file } = programIn(folder, sources.obedient);
  const program = new URL('./parent-program.ts', import.meta.url).pathname;
  const parent = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const childPid = Number(said.toString());
  expect(isAlive(childPid)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'close');
  while (isAlive(childPid)) await setImmediate();
});
