import { CommanderError } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { buildProgram, type ProgramOptions } from './cli/program.ts';
import { CommandFailed } from './cli/reach.ts';
import { failureFacts, jsonLog } from './log.ts';
import { leaveHungThreads } from './platform/hung-threads.ts';
import { nodePlatform, systemClock } from './platform/node-platform.ts';
import { startAgent } from './start-agent.ts';

/** Set by the bundler; absent when the sources run as they are. */
declare const __OCA_VERSION__: string | undefined;
const softwareVersion = typeof __OCA_VERSION__ === 'string' ? __OCA_VERSION__ : '0.0.0-source';

const EXIT_FAILED = 1;
const EXIT_CONFIG_INVALID = 2;

/** In force: the bundle's first line, or bin/oca.js, sets it before anything else happens. */
const fileThreads = Number(process.env.UV_THREADPOOL_SIZE) || undefined;

const platform = nodePlatform(fileThreads);

/** Runs the agent until somebody wants it to stop. */
const serve: ProgramOptions['serve'] = async (config, { stopWithStdin }) => {
  const log = jsonLog(systemClock, config.ocaId, (line) => process.stdout.write(`${line}\n`));
  const stopped = untilAskedToStop(stopWithStdin);
  const agent = await startAgent({ config, platform, log, softwareVersion });
  log('oca.stopping', { cause: await stopped });
  await agent.stop();
  await leaveHungThreads(0);
  process.exit(0);
};

function untilAskedToStop(stopWithStdin: boolean): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
    if (!stopWithStdin) return;
    process.stdin.once('end', () => resolve('the end of standard input'));
    process.stdin.resume();
  });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof CommandFailed) return EXIT_FAILED;
  const { code, message } = failureFacts(error);
  process.stderr.write(`oca: ${code}: ${message}\n`);
  return error instanceof CdnError && code === 'config-invalid' ? EXIT_CONFIG_INVALID : EXIT_FAILED;
}

async function main(): Promise<void> {
  // A reader of our log that goes away must not take deliveries with it.
  process.stdout.on('error', () => undefined);
  const program = buildProgram({
    platform,
    softwareVersion,
    configFile: process.env.OCA_CONFIG ?? '/etc/oca-agent/agent.json',
    print: (text) => process.stdout.write(text),
    serve,
  });
  await program.exitOverride().parseAsync();
}

void main()
  .then(
    () => 0,
    (error: unknown) => exitCodeOf(error),
  )
  .then(async (exitCode) => {
    process.exitCode = exitCode;
    await leaveHungThreads(exitCode);
  });
