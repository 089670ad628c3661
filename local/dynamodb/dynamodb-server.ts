import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  CreateTableCommand,
  type DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { TableDefinition } from '../cloud-assembly/stores.ts';
import { isFromThisMachine } from '../http/request-guard.ts';

/**
 * A DynamoDB server: dynalite over LevelDB in `folder`, or in memory. Two things that dynalite alone would do are kept
 * from it: it answers pages of other sites, and it throws where nobody can catch when a client goes away in mid-request.
 */
export function dynamodbServer(folder?: string): Server {
  const server = dynalite({ createTableMs: 0, ...(folder === undefined ? {} : { path: folder }) });
  const [answer] = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    if (!isFromThisMachine(request.headers)) {
      response.writeHead(403).end();
      return;
    }
    const body = await buffer(request).catch(() => undefined);
    if (body) answer?.(received(request, body), response as Parameters<RequestListener>[1]);
  });
  return server;
}

/** The request as dynalite reads it, with its whole body at hand. */
function received({ method, url, headers }: IncomingMessage, body: Buffer): IncomingMessage {
  return Object.assign(Readable.from([body]), { method, url, headers }) as IncomingMessage;
}

/** Creates the tables that are not there yet. */
export async function createTables(
  client: DynamoDBClient,
  tables: readonly TableDefinition[],
): Promise<void> {
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const missing = tables.filter(({ TableName }) => !TableNames.includes(TableName));
  await Promise.all(
    missing.map(({ TableName, AttributeDefinitions, KeySchema }) =>
      client.send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions: [...AttributeDefinitions],
          KeySchema: [...KeySchema],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      ),
    ),
  );
}
