import { join } from 'node:path';
import { errorCodeOf } from '#domain/errors.ts';
import { parseCommandLine } from './command-line.ts';
import { startLocalCdn } from './local-cdn.ts';
import { Progress, StartCancelled } from './processes/progress.ts';
import { Teardown } from './processes/teardown.ts';

/** `npm start`: the whole CDN on one machine, until Ctrl-C. */
const CONFIG_FILE = join(import.meta.dirname, '..', 'config', 'example.yaml');
/** npm passes on the Ctrl-C that the terminal sent to the whole group already: what follows at once is the same one. */
const SAME_SIGNAL_WITHIN_MS = 500;

const teardown = new Teardown();
let interruptedAt: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
process.on('uncaughtException', (error) => void fail(error));

const options = parseCommandLine(process.argv.slice(2));
const progress = new Progress(
  (line) => console.log(line),
  () => teardown.hasBegun,
);

try {
  const url = await startLocalCdn({
    ...options,
    configFile: CONFIG_FILE,
    progress,
    teardown,
    ...(options.verbose ? { echo: (line: string) => console.error(line) } : {}),
  });
  console.log(`ready ${url}/`);
} catch (thrown) {
  await fail(thrown);
}

function interrupt(): void {
  const now = performance.now();
  interruptedAt ??= now;
  if (now - interruptedAt > SAME_SIGNAL_WITHIN_MS) {
    teardown.kill();
    process.exit(130);
  }
  if (!teardown.hasBegun) void teardown.run().then(() => process.exit(0));
}

async function fail(thrown: unknown): Promise<void> {
  const isOwn = errorCodeOf(thrown) !== 'internal';
  const isInterrupted = interruptedAt !== undefined || thrown instanceof StartCancelled;
  if (!isInterrupted)
    console.error(isOwn ? `${errorCodeOf(thrown)}: ${(thrown as Error).message}` : thrown);
  await teardown.run();
  process.exit(isInterrupted ? 0 : 1);
}
