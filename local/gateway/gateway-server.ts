import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { PROBLEM_CONTENT_TYPE, problem } from '#protocol/problem.ts';
import type { Log } from '../ground/log-folder.ts';
import type { FunctionApi } from './function-api.ts';
import { answerLocalApi, isLocalPath, type OcaProcesses } from './local-api.ts';
import { splitTarget } from './request-event.ts';
import type { StaticFiles } from './static-files.ts';

export interface GatewayParts {
  readonly functionApi: FunctionApi;
  readonly processes: OcaProcesses;
  readonly console: StaticFiles;
  readonly log: Log;
}

/** The base port: the control plane's APIs, this machine's own, and the console's files. */
export function gatewayServer(parts: GatewayParts): Server {
  return createServer((request, response) => {
    answer(request, response, parts).catch((thrown: unknown) => {
      parts.log('gateway.failed', { error: String(thrown) });
      response.destroy();
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: GatewayParts,
): Promise<void> {
  const path = splitTarget(request.url ?? '/').rawPath;
  if (parts.functionApi.hasPath(path)) await parts.functionApi.answer(request, response);
  else if (isLocalPath(path))
    await answerLocalApi(request, response, { path, processes: parts.processes });
  else if (parts.console.has(path)) await parts.console.answer(request, response, path);
  else {
    response.writeHead(404, { 'content-type': PROBLEM_CONTENT_TYPE });
    response.end(JSON.stringify(problem('not-found', `there is nothing at ${path}`)));
  }
}
