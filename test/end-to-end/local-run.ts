import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AddressPlan,
  demandFreeAddresses,
  detectAddressMode,
  planAddresses,
} from '../../local/ground/address-plan.ts';

/** `npm start` as a process of its own, with temporary files of its own. */
export interface LocalRun {
  readonly process: ChildProcess;
  readonly plan: AddressPlan;
  /** Stands for the system's temporary folder: whatever the run leaves behind, it leaves in here. */
  readonly temporaryFolder: string;
  /** Standard output and standard error, line by line. */
  readonly output: readonly string[];
  readonly errors: readonly string[];
  /** The code with which it ends. */
  readonly exitCode: Promise<number | null>;
  /** Resolves when a line of output begins so. */
  line(start: string): Promise<void>;
  /** Ends it if it still runs, and removes its files. */
  discard(): Promise<void>;
}

export async function startRun(
  options: { args?: readonly string[]; port?: number } = {},
): Promise<LocalRun> {
  const plan = options.port === undefined ? await freePlan() : await planOn(options.port);
  const temporaryFolder = mkdtempSync(join(tmpdir(), 'end-to-end-'));
  const args = ['--port', String(plan.gateway.port), ...(options.args ?? [])];
  const child = spawn(process.execPath, [...startArguments(), ...args], {
    env: { ...process.env, TMPDIR: temporaryFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => output.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = (start: string) =>
    until(`a line that begins "${start}"`, 90_000, () => {
      if (child.exitCode !== null) throw new Error(`ended early: ${errors.join('\n')}`);
      return output.some((text) => text.startsWith(start));
    });
  const discard = async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await exitCode;
    await until('the end of its children', 5000, () => processesOf(temporaryFolder).length === 0);
    rmSync(temporaryFolder, { recursive: true, force: true });
  };
  return { process: child, plan, temporaryFolder, output, errors, exitCode, line, discard };
}

/** What follows `node` in the `start` script of package.json. */
function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: { start: string };
  };
  const words = scripts.start.split(' ');
  return words.slice(words.indexOf('node') + 1);
}

/** Waits for a condition. @throws Error when `withinMs` pass without it. */
export async function until(
  what: string,
  withinMs: number,
  isReached: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error(`no ${what} within ${withinMs} ms`);
    await sleep(50);
  }
}

/** Processes whose command line names this folder. */
export const processesOf = (folder: string): string[] =>
  execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder));

const planOn = async (port: number): Promise<AddressPlan> =>
  planAddresses(port, 3, await detectAddressMode());

/** A plan whose addresses are all free now, somewhere above the ports that systems give out. */
async function freePlan(): Promise<AddressPlan> {
  for (let port = 20_000 + (process.pid % 10_000); ; port += 20) {
    const plan = await planOn(port);
    const isFree = await demandFreeAddresses(plan).then(
      () => true,
      () => false,
    );
    if (isFree) return plan;
  }
}
