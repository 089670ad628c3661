import { parseArgs } from 'node:util';
import { logLine, required, runProgram } from '../origin/program.ts';
import { startEdge } from './start-edge.ts';

/**
 * The edge as a program: `--assembly DIR --origin-url URL [--host H] [--port P] [--cache-bytes N] [--api-port P] [--stop-with-stdin]`.
 * The credentials that stand for origin access control come from the environment variables of AWS's own programs.
 */
const { values } = parseArgs({
  options: {
    assembly: { type: 'string' },
    'origin-url': { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    'api-port': { type: 'string' },
    'cache-bytes': { type: 'string', default: String(128 * 2 ** 20) },
    'stop-with-stdin': { type: 'boolean', default: false },
  },
});
// biome-ignore lint/style/noProcessEnv: a program's entry reads its environment, once and here.
const environment = process.env;

await runProgram('edge', start, { stopsWithStdin: values['stop-with-stdin'] });

function start() {
  const originUrl = required(values['origin-url'], '--origin-url');
  return startEdge({
    assemblyDirectory: required(values.assembly, '--assembly'),
    host: values.host,
    port: Number(values.port),
    ...(values['api-port'] === undefined ? {} : { apiPort: Number(values['api-port']) }),
    originUrlFor: () => originUrl,
    credentials: {
      accessKeyId: required(environment.AWS_ACCESS_KEY_ID, 'AWS_ACCESS_KEY_ID'),
      secretAccessKey: required(environment.AWS_SECRET_ACCESS_KEY, 'AWS_SECRET_ACCESS_KEY'),
    },
    cacheBytesMax: Number(values['cache-bytes']),
    log: logLine,
  });
}
