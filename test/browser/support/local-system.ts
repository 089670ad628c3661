import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { FleetView } from '#protocol/fleet-view.ts';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const START_DEADLINE_MS = 90_000;
const STOP_DEADLINE_MS = 10_000;
/** A lease of 6 s and some reports. */
const IN_SERVICE_DEADLINE_MS = 40_000;

/** The whole CDN as `npm start` runs it, on ports of its own. */
export interface LocalSystem {
  readonly origin: string;
  fleet(): Promise<FleetView>;
  killOca(ocaId: string): Promise<void>;
  /** Starts every OCA that does not run and waits until all of them are in service, drained by nobody, and filled. */
  restoreOcas(): Promise<void>;
  /** The exit code after SIGINT. */
  stop(): Promise<number | null>;
}

export async function startLocalSystem(): Promise<LocalSystem> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'local/main.ts', '--port', `${port}`],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await readyLine(child);
  const origin = `http://127.0.0.1:${port}`;
  const fleet = async () => (await call(`${origin}/v1/ocas`)) as Promise<FleetView>;
  return {
    origin,
    fleet,
    killOca: (ocaId) => post(`${origin}/local/ocas/${ocaId}/stop`, { signal: 'SIGKILL' }),
    restoreOcas: () => restoreOcas(origin, fleet),
    stop: () => interrupt(child),
  };
}

const HOSTS = [1, 11, 12, 13, 21, 31, 32, 33, 34].map((last) => `127.0.0.${last}`);
const PORT_TRIES_MAX = 20;

/** A port that is free, and its successor too, on all addresses that the CDN takes. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES_MAX; tries += 1) {
    const port = await boundPort({ host: '127.0.0.1', port: 0 });
    const addresses = HOSTS.flatMap((host) => [
      { host, port },
      { host, port: port + 1 },
    ]);
    const outcomes = await Promise.allSettled(addresses.map(boundPort));
    if (outcomes.every(({ status }) => status === 'fulfilled')) return port;
  }
  throw new Error(`found no port that is free on all of ${HOSTS.join(', ')}`);
}

async function boundPort(address: { host: string; port: number }): Promise<number> {
  const server = createServer().listen(address);
  await once(server, 'listening');
  const bound = server.address();
  server.close();
  await once(server, 'close');
  if (bound === null || typeof bound === 'string') throw new Error('no port was bound');
  return bound.port;
}

async function readyLine(child: ChildProcess): Promise<void> {
  const output: string[] = [];
  const lines = [child.stdout, child.stderr].map((stream) => {
    if (!stream) throw new Error('the system has no output');
    return createInterface({ input: stream }).on('line', (line) => output.push(line));
  });
  try {
    await until(
      () => {
        if (child.exitCode !== null) throw new Error(`the system ended with ${child.exitCode}`);
        return output.some((line) => line.startsWith('ready '));
      },
      { deadlineMs: START_DEADLINE_MS, what: 'the ready line' },
    );
  } catch (error) {
    child.kill('SIGINT');
    throw new Error(`${(error as Error).message}\n${output.join('\n')}`);
  }
  for (const reader of lines) reader.removeAllListeners('line');
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
}

async function restoreOcas(origin: string, fleet: () => Promise<FleetView>): Promise<void> {
  const { ocas } = (await call(`${origin}/local/processes`)) as {
    ocas: { ocaId: string; isRunning: boolean }[];
  };
  const stopped = ocas.filter(({ isRunning }) => !isRunning);
  await Promise.all(stopped.map(({ ocaId }) => post(`${origin}/local/ocas/${ocaId}/start`, {})));
  await until(
    async () =>
      (await fleet()).ocas.every(
        ({ state, report }) => state === 'in-service' && report?.fill.state === 'complete',
      ),
    { deadlineMs: IN_SERVICE_DEADLINE_MS, what: 'all OCAs in service and filled' },
  );
}

async function interrupt(child: ChildProcess): Promise<number | null> {
  child.kill('SIGINT');
  await until(() => child.exitCode !== null || child.signalCode !== null, {
    deadlineMs: STOP_DEADLINE_MS,
    what: 'the end of the system',
  });
  return child.exitCode;
}

async function call(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, init);
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${body}`);
  return JSON.parse(body);
}

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await call(url, { method: 'POST', headers, body: JSON.stringify(body) });
}
