import { CdnError } from '#domain/errors.ts';

/** A part of the local CDN that runs as a child process. */
export interface RunningPart {
  readonly url: string;
  close(): Promise<void>;
}

export type Log = (event: string, details: Readonly<Record<string, unknown>>) => void;

/** The value of an argument or environment variable that a program cannot do without. @throws CdnError config-invalid */
export function required(value: string | undefined, name: string): string {
  if (value !== undefined && value !== '') return value;
  throw new CdnError('config-invalid', `${name} is required and was not given`);
}

/** Writes one JSON line to stdout. */
export const logLine: Log = (event, details) => {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...details })}\n`);
};

/**
 * Runs a part until it is told to stop: by a signal, by the end of the parent's IPC channel, or, with
 * `stopsWithStdin`, by the end of stdin. Says `<name>.ready` with its URL when it serves. A part that cannot start
 * says `<name>.failed` and exits with 1.
 */
export async function runProgram(
  name: string,
  start: () => Promise<RunningPart>,
  { stopsWithStdin }: { stopsWithStdin: boolean },
): Promise<void> {
  try {
    const part = await start();
    stopOnRequest(part, stopsWithStdin);
    logLine(`${name}.ready`, { url: part.url });
  } catch (thrown) {
    const { code, message } = thrown as { code?: string; message?: string };
    logLine(`${name}.failed`, { code, message });
    process.exitCode = 1;
  }
}

function stopOnRequest(part: RunningPart, stopsWithStdin: boolean): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    void part.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
  if (stopsWithStdin) process.stdin.on('end', stop).on('error', stop).resume();
}
