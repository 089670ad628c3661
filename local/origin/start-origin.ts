import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listen } from './http-server.ts';
import type { ObjectCreated } from './object-created.ts';
import { type OriginContext, perform } from './operations.ts';
import type { Log } from './program.ts';
import { parseS3Request } from './s3-request.ts';
import { MultipartUploads } from './store/multipart-uploads.ts';
import { ObjectStore } from './store/object-store.ts';
import type { ReplicationRule } from './store/replication.ts';
import { authenticate } from './wire/authenticate.ts';
import { s3ErrorOf } from './wire/s3-error.ts';
import type { Credentials } from './wire/sigv4.ts';

export interface OriginOptions {
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly credentials: Credentials;
  readonly onObjectCreated?: (event: ObjectCreated) => void;
  /** Buckets that are there from the start. */
  readonly buckets?: readonly { readonly name: string; readonly region: string }[];
  readonly replication?: readonly ReplicationRule[];
  readonly log?: Log;
}

export interface RunningOrigin {
  readonly url: string;
  close(): Promise<void>;
}

/** Longer than SDKs leave a connection idle between two uses, so that they, not we, close it. */
const KEEP_ALIVE_MS = 65_000;

/**
 * Starts a server that speaks the part of the S3 API that this system uses, over a folder. It is honest: what it does
 * not implement it refuses with 501, and it takes no request that is not signed with the credentials.
 *
 * @throws CdnError address-taken
 */
export async function startOrigin(options: OriginOptions): Promise<RunningOrigin> {
  const store = await ObjectStore.open(options.dataDirectory, options.replication ?? []);
  for (const { name, region } of options.buckets ?? []) {
    if (!store.hasBucket(name)) await store.createBucket(name, region);
  }
  const context: OriginContext = {
    store,
    uploads: new MultipartUploads(),
    onObjectCreated: options.onObjectCreated ?? (() => undefined),
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void answer(request, response, { context, options });
  });
  const url = await listen(server, options);
  return { url, close: () => closeServer(server) };
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  { context, options }: { context: OriginContext; options: OriginOptions },
): Promise<void> {
  const requestId = randomUUID();
  response.setHeader('x-amz-request-id', requestId);
  response.setHeader('server', 'distributary-origin');
  try {
    const { method = '', url: target = '', headers } = message;
    authenticate({ method, target, headers }, options.credentials, Date.now());
    const request = parseS3Request(message);
    await perform(context, request, response, { requestId, nowMs: Date.now() });
  } catch (thrown) {
    refuse(thrown, { message, response, requestId });
    const error = s3ErrorOf(thrown);
    if (error.code === 'InternalError' && !message.destroyed) {
      options.log?.('origin.request.failed', { requestId, reason: String(thrown) });
    }
  }
}

function refuse(
  thrown: unknown,
  exchange: { message: IncomingMessage; response: ServerResponse; requestId: string },
): void {
  const { message, response, requestId } = exchange;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const error = s3ErrorOf(thrown);
  const xml = message.method === 'HEAD' ? '' : error.toXml(requestId);
  response.writeHead(error.status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(xml),
    // What is left of a refused body would be read as the next request.
    ...(message.readableEnded || message.complete ? {} : { connection: 'close' }),
  });
  response.end(xml);
}
