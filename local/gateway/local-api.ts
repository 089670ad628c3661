import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { CdnError } from '#domain/errors.ts';
import { decodeJson, describeFaults, literal, object, optional } from '#protocol/decode.ts';
import { PROBLEM_CONTENT_TYPE, problemOf } from '#protocol/problem.ts';
import { isFromThisMachine } from '../http/request-guard.ts';

/** An OCA's process, as `GET /local/processes` lists it. */
export interface OcaProcess {
  readonly ocaId: string;
  readonly isRunning: boolean;
  readonly pid?: number;
}

/** What the console may do to this machine's OCAs besides the control plane's own API. */
export interface OcaProcesses {
  list(): readonly OcaProcess[];
  start(ocaId: string): Promise<void>;
  stop(ocaId: string, signal: StopSignal): Promise<void>;
}

export type StopSignal = 'SIGTERM' | 'SIGKILL';

const stopRequest = object({ signal: optional(literal('SIGTERM', 'SIGKILL')) });
const ACTION = /^\/local\/ocas\/([a-z0-9-]+)\/(start|stop)$/;

export const isLocalPath = (path: string): boolean => path.startsWith('/local/');

/**
 * `GET /local/processes`, `POST /local/ocas/<id>/start`, `POST /local/ocas/<id>/stop` with `{"signal": …}`; SIGTERM when
 * none is named. It exists on one machine only and serves this machine only.
 */
export async function answerLocalApi(
  request: IncomingMessage,
  response: ServerResponse,
  options: { readonly path: string; readonly processes: OcaProcesses },
): Promise<void> {
  try {
    if (!isFromThisMachine(request.headers))
      throw new CdnError('forbidden', 'only this machine and its own console may do this');
    await act(request, options.path, options.processes);
    send(response, 200, { ocas: options.processes.list() });
  } catch (thrown) {
    const problem = problemOf(thrown);
    send(response, problem.status, problem);
  }
}

async function act(request: IncomingMessage, path: string, processes: OcaProcesses): Promise<void> {
  const [, ocaId, action] = ACTION.exec(path) ?? [];
  if (path !== '/local/processes' && ocaId === undefined)
    throw new CdnError('not-found', `there is nothing at ${path}`);
  const method = ocaId === undefined ? 'GET' : 'POST';
  if (request.method !== method)
    throw new CdnError('method-not-allowed', `${path} takes ${method}`);
  if (ocaId === undefined) return;
  if (!processes.list().some((oca) => oca.ocaId === ocaId))
    throw new CdnError('oca-not-found', `no OCA ${ocaId} runs on this machine`);
  if (action === 'start') await processes.start(ocaId);
  else await processes.stop(ocaId, await readSignal(request));
}

async function readSignal(request: IncomingMessage): Promise<StopSignal> {
  const body = await text(request);
  const decoded = decodeJson(stopRequest, body === '' ? '{}' : body);
  if (!decoded.ok) throw new CdnError('message-invalid', describeFaults(decoded.faults));
  return decoded.value.signal ?? 'SIGTERM';
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': status === 200 ? 'application/json' : PROBLEM_CONTENT_TYPE,
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(body));
}
