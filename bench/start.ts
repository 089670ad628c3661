import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { BenchmarkOutcome } from './outcome.ts';
import { median, rounded } from './statistics.ts';

const ROUNDS = 3;

/** `npm start` from nothing until its ready line, and from Ctrl-C until it is gone. */
export async function benchmarkStart(): Promise<BenchmarkOutcome> {
  const readySeconds: number[] = [];
  const stopSeconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { ready, stopped } = await startAndStop(await freePort());
    readySeconds.push(ready);
    stopSeconds.push(stopped);
  }
  const row = (what: string, values: readonly number[]) => ({
    what,
    'median s': rounded(median(values)),
    'fastest s': rounded(Math.min(...values)),
    'slowest s': rounded(Math.max(...values)),
  });
  return { benchmark: 'start', rows: [row('ready', readySeconds), row('stopped', stopSeconds)] };
}

async function startAndStop(port: number): Promise<{ ready: number; stopped: number }> {
  const begunAt = performance.now();
  const args = ['--disable-warning=ExperimentalWarning', 'local/main.ts', '--port', String(port)];
  const run = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(run, 'exit');
  for await (const line of createInterface({ input: run.stdout })) {
    if (line.startsWith('ready ')) break;
  }
  const readyAt = performance.now();
  run.kill('SIGINT');
  const [code] = await exited;
  if (code !== 0)
    throw new Error(`npm start ended with exit code ${code}; expected 0 after SIGINT`);
  return { ready: (readyAt - begunAt) / 1000, stopped: (performance.now() - readyAt) / 1000 };
}

/** A port that is free now on 127.0.0.1; the run takes it a moment later. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return address.port;
}
