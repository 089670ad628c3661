import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Where `global-teardown.ts` finds the process. */
export interface WithProcess {
  outsideJest?: ChildProcess | undefined;
}

/** Starts the process that `outsideJest()` calls; it loads nothing before the first call. */
export default async function globalSetup(): Promise<void> {
  const program = fileURLToPath(new URL('server.ts', import.meta.url));
  const child = fork(program, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  (globalThis as WithProcess).outsideJest = child;
  const [socketPath] = await once(child, 'message');
  process.env.OUTSIDE_JEST = String(socketPath);
}
