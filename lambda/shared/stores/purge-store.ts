import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import { PURGES_A_PAGE, type Purge, type PurgeList } from '#protocol/purge.ts';
import { isConditionMet } from './tables.ts';

/** A purge, and the invalidations that CloudFront was asked for. */
export interface KeptPurge {
  readonly purge: Purge;
  readonly invalidations: readonly Invalidation[];
}

export interface Invalidation {
  readonly distributionId: string;
  readonly invalidationId: string;
}

/**
 * Purges, in the fleet table:
 *
 *     pk         sk                 attributes
 *     purges     <purgeId>, padded  document, expiresAtSeconds: an appliance that was away for longer doubts all it holds
 *     revision   purges             number: the newest id
 */
export interface PurgeStore {
  /** 0 before the first. */
  newestId(): Promise<number>;
  /** Those later than `after`, oldest first, up to a page. */
  list(after: number): Promise<PurgeList>;
  /** Undefined when there is none, or none any more. */
  get(purgeId: number): Promise<KeptPurge | undefined>;
  /** Adds the next one. @throws CdnError `upstream-timeout` when others go on adding in between. */
  add(purge: Omit<Purge, 'purgeId'>, invalidations: readonly Invalidation[]): Promise<Purge>;
}

const PURGES = 'purges';
const NEWEST_KEY = { pk: 'revision', sk: PURGES } as const;
/** An appliance may be away for so long and still know what it has missed. *Assumption.* */
const KEEP_SECONDS = 30 * 86_400;
const ADD_ATTEMPTS_MAX = 10;

/** Sixteen digits hold every id up to 2^53, and sort as the ids do. */
const keyOf = (purgeId: number) => ({ pk: PURGES, sk: String(purgeId).padStart(16, '0') });

export function purgeStore(client: DynamoDBDocumentClient, table: string): PurgeStore {
  const newestId = async (): Promise<number> => {
    const command = new GetCommand({ TableName: table, Key: NEWEST_KEY, ConsistentRead: true });
    return ((await client.send(command)).Item?.number as number | undefined) ?? 0;
  };
  const from = async (purgeId: number, limit: number): Promise<Purge[]> => {
    const { pk, sk } = keyOf(purgeId);
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND sk >= :sk',
        ExpressionAttributeValues: { ':pk': pk, ':sk': sk },
        Limit: limit,
      }),
    );
    return Items.map((item) => keptPurge(item).purge);
  };
  /** The item comes first and the number after it, so that whoever sees the number sees all purges up to it. */
  const addAs = async (kept: KeptPurge): Promise<boolean> => {
    const { purgeId, requestedAt } = kept.purge;
    const expiresAtSeconds = Math.ceil(requestedAt / 1000) + KEEP_SECONDS;
    const put = new PutCommand({
      TableName: table,
      Item: { ...keyOf(purgeId), document: JSON.stringify(kept), expiresAtSeconds },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    const isOurs = await isConditionMet(client.send(put));
    const count = new UpdateCommand({
      TableName: table,
      Key: NEWEST_KEY,
      UpdateExpression: 'SET #number = :id',
      ConditionExpression: 'attribute_not_exists(#number) OR #number < :id',
      ExpressionAttributeNames: { '#number': 'number' },
      ExpressionAttributeValues: { ':id': purgeId },
    });
    await isConditionMet(client.send(count));
    return isOurs;
  };
  return {
    newestId,
    async list(after) {
      const [purges, [oldest], newest] = await Promise.all([
        from(after + 1, PURGES_A_PAGE),
        from(1, 1),
        newestId(),
      ]);
      return { purges, oldestPurgeId: oldest?.purgeId ?? newest + 1 };
    },
    async get(purgeId) {
      const command = new GetCommand({
        TableName: table,
        Key: keyOf(purgeId),
        ConsistentRead: true,
      });
      const { Item } = await client.send(command);
      return Item && keptPurge(Item);
    },
    async add(purge, invalidations) {
      for (let attempt = 0; attempt < ADD_ATTEMPTS_MAX; attempt += 1) {
        const next: Purge = { purgeId: (await newestId()) + 1, ...purge };
        if (await addAs({ purge: next, invalidations })) return next;
      }
      throw new CdnError('upstream-timeout', 'others go on adding purges');
    },
  };
}

const keptPurge = ({ document }: Record<string, unknown>): KeptPurge =>
  JSON.parse(document as string) as KeptPurge;
