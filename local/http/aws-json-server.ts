import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isFromThisMachine } from './request-guard.ts';

/** An operation of a service: takes the message, gives the answer, or throws an {@link AwsFault}. */
export type Operation = (input: Readonly<Record<string, unknown>>) => unknown;

/** A refusal in the service's own words, e.g. `ResourceNotFoundException`. */
export class AwsFault extends Error {
  override readonly name = 'AwsFault';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** The largest message of either service that runs here is 256 KiB. Source: EventBridge quotas, PutEvents. */
const MESSAGE_BYTES_MAX = 1024 * 1024;

/**
 * Serves operations by their `X-Amz-Target` in the AWS JSON 1.1 protocol, so that the real SDK talks to them.
 * Source: Smithy 2.0, "AWS JSON 1.1 protocol". Signatures are not checked: only this machine can reach it, and pages
 * of other sites that a browser here may show are turned away.
 */
export function awsJsonServer(operationByTarget: Readonly<Record<string, Operation>>): Server {
  return createServer(async (request, response) => {
    try {
      if (!isFromThisMachine(request.headers))
        throw new AwsFault('AccessDeniedException', 'cross-site requests are refused');
      const operation = operationByTarget[String(request.headers['x-amz-target'])];
      if (!operation) throw new AwsFault('UnknownOperationException', 'no such operation here');
      send(response, 200, await operation(await readMessage(request)));
    } catch (thrown) {
      const fault =
        thrown instanceof AwsFault ? thrown : new AwsFault('InternalFailure', String(thrown));
      send(response, fault.type === 'InternalFailure' ? 500 : 400, {
        __type: fault.type,
        message: fault.message,
      });
    }
  });
}

async function readMessage(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > MESSAGE_BYTES_MAX)
      throw new AwsFault('ValidationException', 'the message is too large');
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new AwsFault('SerializationException', 'the message is not JSON');
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': randomUUID(),
  });
  response.end(JSON.stringify(body));
}
