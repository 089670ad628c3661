import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { agentBuild } from '../../../lib/agent-package.ts';

const run = promisify(execFile);
/** More than libuv makes by itself, and than a dozen hanging hdds take. */
const BLOCKED = 60;
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-threads-'));
  const pipes = Array.from({ length: BLOCKED }, (_, index) => join(root, `pipe-${index}`));
  await run('mkfifo', pipes);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Blocks as many file threads with pipes that nobody writes to, then reads a file. */
const program = () => `
  const { open, readFile } = require('node:fs').promises;
  for (let index = 0; index < ${BLOCKED}; index += 1)
    open(${JSON.stringify(join(root, 'pipe-'))} + index, 'r');
  readFile(__filename).then(() => console.log('answered'));
`;

async function firstOutput(file: string): Promise<string> {
  const { UV_THREADPOOL_SIZE: _unset, ...env } = process.env;
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [chunk] = await once(child.stdout, 'data');
    return String(chunk);
  } finally {
    child.kill('SIGKILL');
  }
}

test('what the bundle begins with is in force: sixty operations that hang leave room for another', async () => {
  const file = join(root, 'bundle.cjs');
  await writeFile(file, `${agentBuild('bundle.cjs').banner?.js}\n${program()}`);
  expect(await firstOutput(file)).toBe('answered\n');
});

test('an agent that runs from its sources sets the same, before it loads anything', async () => {
  const source = await readFile(new URL('../../../bin/oca.js', import.meta.url), 'utf8');
  const setting = /^process\.env\.UV_THREADPOOL_SIZE \?\?= '320';$/m.exec(source);
  expect(setting).not.toBeNull();
  expect(source.slice(0, setting?.index)).not.toMatch(/import/);
  expect(agentBuild('oca.cjs').banner?.js).toContain(setting?.[0]);
});
