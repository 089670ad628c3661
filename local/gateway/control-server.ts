import { createServer, type Server } from 'node:https';
import { PROBLEM_CONTENT_TYPE, problem } from '#protocol/problem.ts';
import type { Log } from '../ground/log-folder.ts';
import type { FunctionApi } from './function-api.ts';
import { splitTarget } from './request-event.ts';

export interface ControlServerOptions {
  readonly functionApi: FunctionApi;
  /** The server's key and certificate, PEM. */
  readonly serverPem: string;
  /** Who may have signed the certificates of clients, PEM: what the truststore is to API Gateway. */
  readonly clientAuthorities: readonly string[];
  readonly log: Log;
}

/** The control API as `control.<domain>` serves it: nobody gets through the handshake without a certificate. */
export function controlServer(options: ControlServerOptions): Server {
  const { functionApi, serverPem, clientAuthorities, log } = options;
  const server = createServer(
    {
      key: serverPem,
      cert: serverPem,
      ca: [...clientAuthorities],
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    },
    (request, response) => {
      const path = splitTarget(request.url ?? '/').rawPath;
      if (!functionApi.hasPath(path)) {
        response.writeHead(404, { 'content-type': PROBLEM_CONTENT_TYPE });
        response.end(JSON.stringify(problem('not-found', `there is nothing at ${path}`)));
        return;
      }
      functionApi.answer(request, response).catch((thrown: unknown) => {
        log('control.failed', { error: String(thrown) });
        response.destroy();
      });
    },
  );
  return server.on('tlsClientError', ({ message }) => log('control.handshake', { message }));
}
