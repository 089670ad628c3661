import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Longer than any command of ours takes on a busy machine. */
const COMMAND_MAX_MS = 30_000;

/** Runs a program to its end and gives what it printed. @throws with what it said on the way, when it fails. */
export async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(program, [...args], { timeout: COMMAND_MAX_MS });
  return stdout.trim();
}

/** For what may have happened already: true when the program succeeded. */
export const succeeds = (program: string, ...args: readonly string[]): Promise<boolean> =>
  run(program, ...args).then(
    () => true,
    () => false,
  );

/** Starts a program that stays; what it says goes to the end of a file. */
export function start(program: string, args: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  try {
    return spawn(program, [...args], { stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await exited;
}

const PROGRAMS: Readonly<Record<string, string>> = {
  nbdkit: 'nbdkit',
  nbdfuse: 'libnbd-bin',
  fusermount3: 'fuse3',
  'mkfs.xfs': 'xfsprogs',
  xfs_io: 'xfsprogs',
  'mkfs.ext4': 'e2fsprogs',
  losetup: 'mount',
  fallocate: 'util-linux',
};

/** @throws with everything that is missing: a suite of failures that quietly makes none would prove nothing. */
export async function requireFaultTools(): Promise<void> {
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push('to be root');
  for (const device of ['/dev/fuse', '/dev/loop-control'])
    await access(device).catch(() => missing.push(device));
  for (const [program, debianPackage] of Object.entries(PROGRAMS)) {
    const isThere = await succeeds('which', program);
    if (!isThere) missing.push(`${program} (Debian: ${debianPackage})`);
  }
  if (missing.length > 0) throw new Error(`npm run test:faults needs: ${missing.join(', ')}`);
}
