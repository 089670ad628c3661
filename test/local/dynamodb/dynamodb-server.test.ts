import { request } from 'node:http';
import {
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createTables, dynamodbServer } from '../../../local/dynamodb/dynamodb-server.ts';
import { awsOptions, listening } from '../listening.ts';

const table = {
  TableName: 'fleet',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'sk', AttributeType: 'S' as const },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
};

let url: string;
let close: () => Promise<void>;
let client: DynamoDBClient;
beforeEach(async () => {
  ({ url, close } = await listening(dynamodbServer()));
  client = new DynamoDBClient(awsOptions(url));
});
afterEach(async () => {
  client.destroy();
  await close();
});

test('a page of another site gets nothing, though the browser would send its request', async () => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { origin: 'https://attacker.example', 'x-amz-target': 'DynamoDB_20120810.ListTables' },
    body: '{}',
  });
  expect(response.status).toBe(403);
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
});

test('a client that goes away in mid-request takes nothing with it', async () => {
  const aborted = request(url, { method: 'POST', headers: { 'content-length': '100' } });
  aborted.on('error', () => undefined);
  await new Promise<void>((resolve) => aborted.write('{', () => resolve()));
  aborted.destroy();
  await expect(client.send(new ListTablesCommand({}))).resolves.toMatchObject({ TableNames: [] });
});

test('tables of the templates are created once, and the SDK reads what it wrote', async () => {
  await createTables(client, [table]);
  await createTables(client, [table]);
  const item = { pk: { S: 'oca' }, sk: { S: 'metro-1' }, state: { S: 'in-service' } };
  await client.send(new PutItemCommand({ TableName: 'fleet', Item: item }));
  const { Item } = await client.send(
    new GetItemCommand({ TableName: 'fleet', Key: { pk: item.pk, sk: item.sk } }),
  );
  expect(Item).toEqual(item);
});
