import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  paginateQuery,
} from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';

/** All tables are keyed alike; what a key means is told by the store that owns it. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}
interface BatchGetOptions {
  readonly keys: readonly ItemKey[];
  /** Limits what comes over the wire. */
  readonly attributes?: readonly string[];
  /** Sees every write that was answered before; costs twice as much. */
  readonly isConsistent?: boolean;
}
export type Item = ItemKey & Readonly<Record<string, unknown>>;

/** Source: DynamoDB API reference, BatchGetItem and BatchWriteItem. */
const BATCH_GET_MAX = 100;
const BATCH_WRITE_MAX = 25;
/** Rounds for keys that DynamoDB hands back because of throttling, 50 ms apart and doubling. */
const BATCH_ROUNDS_MAX = 6;
const BATCH_BACKOFF_MS = 50;

/** The items there are for `keys`, each once, in any order. */
export async function batchGet(
  client: DynamoDBDocumentClient,
  table: string,
  options: BatchGetOptions,
): Promise<Item[]> {
  const distinct = new Map(options.keys.map((key) => [`${key.pk}\n${key.sk}`, key]));
  const groups = inGroupsOf(BATCH_GET_MAX, [...distinct.values()]);
  const found = await Promise.all(
    groups.map((keys) => batchGetGroup(client, table, { ...options, keys })),
  );
  return found.flat();
}

/** Writes or deletes, in no order and not as one: callers make a pointer item the last thing they write. */
export async function batchWrite(
  client: DynamoDBDocumentClient,
  table: string,
  changes: { readonly puts?: readonly Item[]; readonly deletes?: readonly ItemKey[] },
): Promise<void> {
  const requests = [
    ...(changes.puts ?? []).map((item) => ({ PutRequest: { Item: item } })),
    ...(changes.deletes ?? []).map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } })),
  ];
  for (const group of inGroupsOf(BATCH_WRITE_MAX, requests)) {
    await repeatUntilDone([...group], async (pending) => {
      const { UnprocessedItems = {} } = await client.send(
        new BatchWriteCommand({ RequestItems: { [table]: pending } }),
      );
      return (UnprocessedItems[table] ?? []) as typeof pending;
    });
  }
}

/** Every item of a partition whose sort key begins with `prefix`, in the order of sort keys, as of now. */
export async function queryPartition(
  client: DynamoDBDocumentClient,
  table: string,
  options: { readonly pk: string; readonly prefix?: string; readonly keysOnly?: boolean },
): Promise<Item[]> {
  const { pk, prefix, keysOnly = false } = options;
  const pages = paginateQuery(
    { client },
    {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: `pk = :pk${prefix === undefined ? '' : ' AND begins_with(sk, :prefix)'}`,
      ExpressionAttributeValues: {
        ':pk': pk,
        ...(prefix === undefined ? {} : { ':prefix': prefix }),
      },
      ...(keysOnly ? { ProjectionExpression: 'pk, sk' } : {}),
    },
  );
  const items: Item[] = [];
  for await (const page of pages) items.push(...((page.Items ?? []) as Item[]));
  return items;
}

/** Runs a conditional write; false when its condition did not hold. */
export async function isConditionMet(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (failure) {
    if (failure instanceof Error && failure.name === 'ConditionalCheckFailedException')
      return false;
    throw failure;
  }
}

async function batchGetGroup(
  client: DynamoDBDocumentClient,
  table: string,
  options: BatchGetOptions,
): Promise<Item[]> {
  const { attributes, isConsistent = false } = options;
  const found: Item[] = [];
  const projection = attributes && {
    ProjectionExpression: attributes.map((_, index) => `#a${index}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(
      attributes.map((name, index) => [`#a${index}`, name]),
    ),
  };
  await repeatUntilDone(
    options.keys.map(({ pk, sk }) => ({ pk, sk })),
    async (pending) => {
      const { Responses = {}, UnprocessedKeys = {} } = await client.send(
        new BatchGetCommand({
          RequestItems: { [table]: { Keys: pending, ConsistentRead: isConsistent, ...projection } },
        }),
      );
      found.push(...((Responses[table] ?? []) as Item[]));
      return (UnprocessedKeys[table]?.Keys ?? []) as ItemKey[];
    },
  );
  return found;
}

/** Hands `step` what is left until nothing is. */
async function repeatUntilDone<T>(all: T[], step: (pending: T[]) => Promise<T[]>): Promise<void> {
  let pending = all;
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === BATCH_ROUNDS_MAX) {
      throw new CdnError(
        'upstream-timeout',
        `DynamoDB left ${pending.length} keys of a batch undone`,
      );
    }
    if (round > 0) await sleep(BATCH_BACKOFF_MS * 2 ** (round - 1));
    pending = await step(pending);
  }
}

const inGroupsOf = <T>(size: number, all: readonly T[]): (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
