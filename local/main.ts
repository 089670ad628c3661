import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodeOf } from '#domain/errors.ts';
import { parseCommandLine } from './command-line.ts';
import { startLocalCdn } from './local-cdn.ts';
import { Progress } from './processes/progress.ts';
import { Teardown } from './processes/teardown.ts';

/** `npm start`: the whole CDN on one machine, until Ctrl-C. */
const CONFIG_FILE = join(import.meta.dirname, '..', 'config', 'example.yaml');
const PARENT_POLL_MS = 250;
const START_REST_MS = 4000;
/** npm passes on the Ctrl-C that the terminal sent to the whole group already: what follows at once is the same one. */
const SAME_SIGNAL_WITHIN_MS = 500;

const teardown = new Teardown();
let interruptedAt: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
process.on('uncaughtException', (error) => void fail(error));
if (process.env.npm_lifecycle_event !== undefined) stopWithParent();

const options = parseCommandLine(process.argv.slice(2));
const progress = new Progress(
  (line) => console.log(line),
  () => teardown.hasBegun,
);

const started = startLocalCdn({
  ...options,
  configFile: CONFIG_FILE,
  progress,
  teardown,
  ...(options.verbose ? { echo: (line: string) => console.error(line) } : {}),
});
// An interrupted start comes to rest before its files are removed: what builds cannot be stopped, and would write on.
teardown.add('servers', () => Promise.race([Promise.allSettled([started]), sleep(START_REST_MS)]));
try {
  console.log(`ready ${await started}/`);
} catch (thrown) {
  await fail(thrown);
}

/** The first signal ends everything in order, a second one at once. */
function interrupt(): void {
  const now = performance.now();
  interruptedAt ??= now;
  if (now - interruptedAt > SAME_SIGNAL_WITHIN_MS) {
    teardown.kill();
    process.exit(130);
  }
  void stop();
}

async function stop(): Promise<void> {
  if (teardown.hasBegun) return;
  console.log('stopping');
  await teardown.run();
  process.exit(0);
}

/** The shell between npm and us dies of a SIGTERM without passing it on: its end is a sign to stop, too. */
function stopWithParent(): void {
  const { ppid } = process;
  setInterval(() => process.ppid !== ppid && void stop(), PARENT_POLL_MS).unref();
}

async function fail(thrown: unknown): Promise<void> {
  const code = errorCodeOf(thrown);
  const isStopping = teardown.hasBegun;
  if (!isStopping)
    console.error(code === 'internal' ? thrown : `${code}: ${(thrown as Error).message}`);
  await teardown.run();
  process.exit(isStopping ? 0 : 1);
}
