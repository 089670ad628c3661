import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Invocation, WorkerStart } from './lambda-function.ts';

/**
 * A worker thread that stands for Lambda's execution environment: it loads one bundle and answers invocations. Unlike
 * Lambda it may be given a second one before the first is answered; handlers keep nothing between invocations that
 * would mind. Runs on Node's own type stripping, so it imports built-ins and types alone.
 */
const { codeFolder, handler: handlerName, functionName } = workerData as WorkerStart;
const [file = '', exportName = ''] = handlerName.split('.');
const bundle = createRequire(import.meta.url)(join(codeFolder, `${file}.js`)) as Record<
  string,
  (event: unknown, context: unknown) => unknown
>;

parentPort?.on('message', async ({ id, event, deadlineAt }: Invocation) => {
  const context = {
    functionName,
    functionVersion: '$LATEST',
    awsRequestId: id,
    getRemainingTimeInMillis: () => Math.max(0, deadlineAt - Date.now()),
  };
  parentPort?.postMessage(await answerTo(id, () => bundle[exportName]?.(event, context)));
});

/** Lambda carries results as JSON, so this does too: what JSON cannot say is lost here as it would be there. */
async function answerTo(id: string, invoke: () => unknown): Promise<Answer> {
  try {
    return { id, result: JSON.stringify((await invoke()) ?? null) };
  } catch (thrown) {
    return {
      id,
      failure: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    };
  }
}
