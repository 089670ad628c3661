import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { type Milliseconds, seconds } from '#domain/units.ts';

export interface ProgramResult {
  /** Undefined: it could not be started, or was cut for its time. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Other programs on this machine. */
export interface Programs {
  /** Runs one to its end. Never rejects. */
  run(file: string, parameters: readonly string[], timeMax: Milliseconds): Promise<ProgramResult>;
  /** Sends a signal; false when there is no such process. */
  signal(pid: number, signal: 'SIGHUP' | 'SIGQUIT' | 'SIGTERM' | 'SIGUSR1' | 0): boolean;
  /** How many descriptors the system lets one process have. */
  descriptorsMax(): Promise<number>;
  /** Whose processes ours are; undefined unless they may become anybody's. */
  readonly rootName: string | undefined;
}

const OUTPUT_BYTES_MAX = 256 * 1024;

export const nodePrograms: Programs = {
  run: (file, parameters, timeMax) =>
    new Promise((resolve) => {
      const options = { timeout: timeMax, maxBuffer: OUTPUT_BYTES_MAX, encoding: 'utf8' } as const;
      execFile(file, parameters, options, (error, stdout, stderr) => {
        const code = error ? (error as { code?: unknown }).code : 0;
        const exitCode = typeof code === 'number' ? code : undefined;
        resolve({ exitCode, stdout, stderr: exitCode === undefined ? String(error) : stderr });
      });
    }),
  signal(pid, signal) {
    try {
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  },
  async descriptorsMax() {
    const { stdout } = await nodePrograms.run('/bin/sh', ['-c', 'ulimit -Hn'], seconds(5));
    return Number(stdout.trim()) || Number.MAX_SAFE_INTEGER;
  },
  get rootName() {
    return process.getuid?.() === 0 ? userInfo().username : undefined;
  },
};
