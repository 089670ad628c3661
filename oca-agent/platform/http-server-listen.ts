import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { isIP, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { invariant } from '#domain/invariant.ts';
import type { Listen, ListenOptions, ServerCertificate } from './http-server.ts';
import { bind } from './http-server-bind.ts';
import { type ClientOf, serveExchange } from './http-server-exchange.ts';
import {
  HEADERS_MAX,
  HTTP1_LIMITS,
  STOP_ALL_AFTER_MS,
  STOP_IDLE_AFTER_MS,
} from './http-server-limits.ts';
import { Refusals } from './http-server-refusal.ts';
import { Http2Sessions } from './http-server-sessions.ts';
import { rotateTicketKeys, secureContextOptions, tlsServerOptions } from './tls-policy.ts';

/** Serves HTTP: 1.1 in the clear and on a socket of this machine, 1.1 and 2 with TLS. */
export const listen: Listen = async (options, handler) => {
  const state = { isStopping: false };
  const clientOf = 'socketPath' in options ? proxiedClient : undefined;
  const refusals = new Refusals(options);
  const sessions = new Http2Sessions(handler, options);
  const onRequest: RequestListener = (request, response) => {
    const connection = refusals.of(request.socket);
    if (connection.isEnding) return;
    connection.answersUnderWay += 1;
    response.once('close', () => {
      connection.answersUnderWay -= 1;
    });
    if (state.isStopping) response.setHeader('connection', 'close');
    const onLast = () => {
      connection.isEnding = true;
    };
    serveExchange(handler, request, response, { clientOf, onLast }).catch(() => response.destroy());
  };
  const { server, useCertificate } = newServer(options, sessions, onRequest);
  // Node would answer these by itself: with a 100, a 417, and by hanging up.
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('connect', (_request, socket) => refusals.refuse({ code: 'ERR_HTTP_CONNECT' }, socket));
  server.maxHeadersCount = HEADERS_MAX;
  server.timeout = options.silenceMax;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) =>
    refusals.refuse(error, socket),
  );
  const sockets = trackSockets(server);
  return {
    url: await bind(server, options),
    connections: () => sockets.size + sessions.furtherStreams,
    useCertificate,
    async stop() {
      state.isStopping = true;
      await stopServer(server, sessions, sockets);
    },
  };
};

function newServer(options: ListenOptions, sessions: Http2Sessions, onRequest: RequestListener) {
  if ('socketPath' in options || !options.certificate) {
    const server: Server = createPlainServer(HTTP1_LIMITS, onRequest);
    const useCertificate = () => invariant(false, 'a listener in the clear has no certificate');
    return { server, useCertificate };
  }
  const tls = tlsServerOptions(options.certificate);
  const server = createSecureServer({ ...HTTP1_LIMITS, ...tls }, onRequest);
  takeHttp2Aside(server, sessions);
  rotateTicketKeys(server);
  const useCertificate = (certificate: ServerCertificate) =>
    server.setSecureContext(secureContextOptions(certificate));
  return { server, useCertificate };
}

/** Node's https server takes every connection for HTTP/1.1, by this one listener of its own. */
function takeHttp2Aside(server: SecureServer, sessions: Http2Sessions): void {
  const [speakHttp1, ...others] = server.listeners('secureConnection');
  invariant(speakHttp1 && others.length === 0, 'https listens once for connections');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') sessions.accept(socket);
    else speakHttp1.call(server, socket);
  });
}

function trackSockets(server: Server | SecureServer): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** What the web server in front of us says of its client. */
const proxiedClient: ClientOf = ({
  'x-client-address': address = '',
  'x-request-id': id = '',
}) => ({
  remoteAddress: isIP(address) === 0 ? '' : address,
  requestId: /^[0-9a-f]{32}$/.test(id) ? id : undefined,
});

/**
 * `http.Server.close` cuts idle kept-alive connections at once and races with requests on the wire (40 resets in 10,799
 * requests, measured); `net.Server.close` only stops accepting. Source: research "appliance", section 2.2.
 */
async function stopServer(
  server: Server | SecureServer,
  sessions: Http2Sessions,
  sockets: ReadonlySet<Socket>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
  sessions.announceStop();
  const steps = (async () => {
    await delay(STOP_IDLE_AFTER_MS, undefined, { ref: false });
    server.closeIdleConnections();
    sessions.close();
    await delay(STOP_ALL_AFTER_MS - STOP_IDLE_AFTER_MS, undefined, { ref: false });
    for (const socket of sockets) socket.destroy();
  })();
  await Promise.race([closed, steps]);
  server.close(() => undefined);
}
