import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import type { Socket } from 'node:net';
import { CdnError } from '#domain/errors.ts';
import { type Credentials, signedFields } from '../../origin/wire/sigv4.ts';
import type { CacheResponse, Fields } from '../cache/messages.ts';
import type { Origin } from '../distribution/distribution.ts';

export interface OriginMessage {
  readonly method: string;
  /** Path and query, as S3 is to see them. */
  readonly target: string;
  readonly fields: Fields;
}

export interface OriginClientOptions {
  /** Where the S3 server is that has a bucket. */
  readonly originUrlFor: (bucketName: string, region: string) => string;
  readonly credentials: Credentials;
}

/** For S3 origins it cannot be configured. Source: Amazon CloudFront Developer Guide, "Origin response timeout". */
const RESPONSE_TIMEOUT_MS = 30_000;

/**
 * Speaks to S3 as CloudFront does with origin access control: signed requests to the bucket's own host name. The name
 * travels in the Host field alone; the connection goes to the S3 server of this machine.
 */
export class OriginClient {
  readonly #options: OriginClientOptions;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(options: OriginClientOptions) {
    this.#options = options;
  }

  /**
   * Sends a request, trying to connect as often as the origin's configuration says.
   * @throws CdnError `upstream-unreachable` or `upstream-timeout`
   */
  async send(origin: Origin, message: OriginMessage): Promise<CacheResponse> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return answerOf(await this.#sendOnce(origin, message));
      } catch (thrown) {
        if (!(thrown instanceof ConnectFailure)) throw timeoutOrBroken(thrown, origin);
        if (attempt >= origin.connectionAttempts) {
          const details = { originId: origin.id, attempts: attempt };
          throw new CdnError('upstream-unreachable', 'no connection to the origin', {
            cause: thrown,
            details,
          });
        }
      }
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #sendOnce(origin: Origin, message: OriginMessage): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(this.#requestOptions(origin, message));
      let isConnected = false;
      const timer = setTimeout(() => sent.destroy(new ResponseTimeout()), RESPONSE_TIMEOUT_MS);
      sent.once('socket', (socket) => {
        whenConnected(socket, origin.connectionTimeoutSeconds * 1000, (failure) => {
          if (failure) sent.destroy(failure);
          else isConnected = true;
        });
      });
      sent.once('response', resolve);
      sent.once('error', (cause) => {
        // A kept connection may have been closed at the other end just before: that is no connection either.
        const isBroken = isConnected && !sent.reusedSocket;
        reject(
          isBroken || cause instanceof ResponseTimeout
            ? cause
            : new ConnectFailure('no connection', { cause }),
        );
      });
      sent.once('response', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
      sent.end();
    });
  }

  #requestOptions(origin: Origin, { method, target, fields }: OriginMessage): RequestOptions {
    const server = new URL(this.#options.originUrlFor(origin.bucketName, origin.region));
    const headers = signedFields(
      { method, target, headers: { ...fields, ...origin.customFields, host: origin.domainName } },
      {
        credentials: this.#options.credentials,
        region: origin.region,
        // The real time, whatever the caches are told: S3 refuses what was signed long ago or will be.
        now: new Date(),
      },
    );
    const { hostname: host, port } = server;
    return { agent: this.#agent, host, port, method, path: target, headers };
  }
}

class ConnectFailure extends Error {}
class ResponseTimeout extends Error {}

/** Calls back once: with nothing when the socket is connected, with a failure when that takes too long. */
function whenConnected(socket: Socket, timeoutMs: number, settle: (failure?: Error) => void): void {
  if (!socket.connecting) {
    settle();
    return;
  }
  const timer = setTimeout(
    () => settle(new ConnectFailure('the connection took too long')),
    timeoutMs,
  );
  socket.once('connect', () => {
    clearTimeout(timer);
    settle();
  });
  socket.once('close', () => clearTimeout(timer));
}

function answerOf(message: IncomingMessage): CacheResponse {
  const fields: Record<string, string> = {};
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    if (values) fields[name] = values.join(', ');
  }
  return { status: message.statusCode ?? 0, fields, body: message };
}

function timeoutOrBroken(cause: unknown, { id }: Origin): CdnError {
  return cause instanceof ResponseTimeout
    ? new CdnError('upstream-timeout', `the origin ${id} did not answer`, { cause })
    : new CdnError('upstream-unreachable', `the origin ${id} broke the connection`, { cause });
}
