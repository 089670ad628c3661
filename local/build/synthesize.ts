import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CdnError } from '#domain/errors.ts';
import type { Config } from '../../lib/config/schema.ts';

export interface SynthesisOrder {
  readonly config: Config;
  readonly outdir: string;
}

/** Starts to write the cloud assembly of `config` to `outdir`; `done` settles soon after a `cancel`, too. */
export function synthesize(
  order: SynthesisOrder,
  write: (line: string) => void,
): { readonly done: Promise<void>; cancel(): void } {
  const worker = new Worker(new URL('./synthesis-worker.ts', import.meta.url), {
    workerData: order,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdout: true,
    stderr: true,
  });
  for (const stream of [worker.stdout, worker.stderr])
    stream.on('data', (text: Buffer) => write(text.toString().trimEnd()));
  return { done: finished(worker), cancel: () => void worker.terminate() };
}

async function finished(worker: Worker): Promise<void> {
  try {
    await once(worker, 'exit');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CdnError('start-failed', `the CDK app could not be synthesized: ${reason}`, {
      cause,
    });
  }
}
