import { parseArgs } from 'node:util';
import { ObjectCreatedPoster } from './object-created-poster.ts';
import { logLine, type RunningPart, required, runProgram } from './program.ts';
import { readReplication } from './read-replication.ts';
import { startOrigin } from './start-origin.ts';

/**
 * The S3 origin as a program: `--data DIR [--host H] [--port P] [--assembly DIR] [--stop-with-stdin]`. With a cloud
 * assembly it replicates between buckets as their templates say. Credentials, region and the event bus come from the
 * environment variables that AWS's own programs read.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    assembly: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    'stop-with-stdin': { type: 'boolean', default: false },
  },
});

// biome-ignore lint/style/noProcessEnv: a program's entry reads its environment, once and here.
const environment = process.env;

await runProgram('origin', start, { stopsWithStdin: values['stop-with-stdin'] });

async function start(): Promise<RunningPart> {
  const dataDirectory = required(values.data, '--data');
  const credentials = {
    accessKeyId: required(environment.AWS_ACCESS_KEY_ID, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: required(environment.AWS_SECRET_ACCESS_KEY, 'AWS_SECRET_ACCESS_KEY'),
  };
  const endpoint = environment.AWS_ENDPOINT_URL_EVENTBRIDGE;
  const region = environment.AWS_REGION ?? 'us-east-1';
  const poster =
    endpoint === undefined
      ? undefined
      : new ObjectCreatedPoster({ endpoint, region, credentials, log: logLine });
  const origin = await startOrigin({
    dataDirectory,
    host: values.host,
    port: Number(values.port),
    credentials,
    log: logLine,
    replication: values.assembly === undefined ? [] : readReplication(values.assembly),
    ...(poster && { onObjectCreated: (event) => poster.post(event) }),
  });
  const close = async () => {
    await origin.close();
    await poster?.close();
  };
  return { url: origin.url, close };
}
