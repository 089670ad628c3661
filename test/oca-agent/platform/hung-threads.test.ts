import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { areThreadsAtWork } from '../../../oca-agent/platform/hung-threads.ts';

const MODULE = new URL('../../../oca-agent/platform/hung-threads.ts', import.meta.url).href;
let root: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-hung-threads-'));
  await promisify(execFile)('mkfifo', [join(root, 'pipe')]);
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

/** Whoever opens a pipe to read waits until somebody writes. */
const HANGING: Readonly<Record<string, string>> = {
  nothing: '',
  'a file operation': 'open(pipe, () => undefined);',
  'a thread of ours': `
    const worker = new Worker("require('node:worker_threads').parentPort.on('message', (pipe) => require('node:fs').readFileSync(pipe))", { eval: true, execArgv: [] });
    worker.on('message', () => undefined);
    worker.postMessage(pipe);`,
};

/** What a process ends with that leaves with this code while something hangs. */
async function endOf(hanging: string, exitCode: number): Promise<number | string | null> {
  const program = `
    import { open } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    import { leaveHungThreads } from ${JSON.stringify(MODULE)};
    const pipe = ${JSON.stringify(join(root, 'pipe'))};
    process.once('SIGTERM', () => undefined);
    ${HANGING[hanging]}
    await leaveHungThreads(${exitCode});
    process.exit(${exitCode});`;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module'];
  child = spawn(process.execPath, [...flags, '-e', program], { stdio: 'inherit' });
  await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

test.each([
  ['nothing', 0, 0],
  ['nothing', 3, 3],
  ['a file operation', 0, 'SIGTERM'],
  ['a file operation', 3, 'SIGKILL'],
  ['a thread of ours', 0, 'SIGTERM'],
] as const)(
  'while %s hangs, a process that leaves with %s ends with %s',
  async (hanging, exitCode, end) => {
    expect(await endOf(hanging, exitCode)).toBe(end);
  },
);

test('servers, timers and sockets keep no thread', () => {
  expect(areThreadsAtWork(['TCPServerWrap', 'Timeout', 'TCPSocketWrap', 'PipeWrap'])).toBe(false);
  expect(areThreadsAtWork(['Timeout', 'GetAddrInfoReqWrap'])).toBe(true);
});
