/**
 * What a worker thread runs to stand for an instance of a Lambda function: it loads the bundle, says so, and answers one
 * event at a time. It is text, not a module, so that this program can itself be bundled into one file. Results travel as
 * JSON, as they do in Lambda: what JSON cannot say is lost here as it would be there.
 */
export const WORKER_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { file, exportName, functionName } = workerData;
const handler = require(file)[exportName];
parentPort.on('message', async ({ requestId, event, deadlineAt }) => {
  const context = {
    functionName,
    functionVersion: '1',
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(0, deadlineAt - Date.now()),
  };
  try {
    parentPort.postMessage({ result: JSON.stringify((await handler(event, context)) ?? null) });
  } catch (thrown) {
    parentPort.postMessage({ failure: thrown instanceof Error ? thrown.name + ': ' + thrown.message : String(thrown) });
  }
});
parentPort.postMessage({ ready: true });
`;
