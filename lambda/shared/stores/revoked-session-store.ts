import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import type { EpochMs } from '#domain/units.ts';
import {
  REVOKED_SESSIONS_MAX,
  type RevokedSession,
  type RevokedSessionList,
} from '#protocol/revoked-sessions.ts';
import type { Now } from '../wall-clock.ts';
import { batchWrite, type Item, queryPartition } from './tables.ts';

/**
 * Sessions whose tokens open nothing any more, in the fleet table:
 *
 *     pk                 sk                 attributes
 *     revoked-sessions   <sessionId>        reason, revokedAt, expiresAt, expiresAtSeconds: then the entry goes by itself
 *     revision           revoked-sessions   revision: counts changes, so that appliances know when to fetch the list
 */
export interface RevokedSessionStore {
  /** What is not over yet, in the order of ids. Read again only when the revision has changed. */
  list(): Promise<RevokedSessionList>;
  revision(): Promise<number>;
  /** @throws CdnError `list-full` */
  revoke(session: RevokedSession): Promise<void>;
  /** Takes a session off the list; one that does not stand there changes nothing but the revision. */
  allow(sessionId: string): Promise<void>;
}

const REVOKED = 'revoked-sessions';
const REVISION_KEY = { pk: 'revision', sk: REVOKED } as const;

export function revokedSessionStore(
  client: DynamoDBDocumentClient,
  table: string,
  clock: Now,
): RevokedSessionStore {
  let known: RevokedSessionList | undefined;
  const revision = async (): Promise<number> => {
    const command = new GetCommand({ TableName: table, Key: REVISION_KEY, ConsistentRead: true });
    return ((await client.send(command)).Item?.revision as number | undefined) ?? 0;
  };
  /** Last of a change, so that whoever sees the revision sees the change. */
  const countChange = async (): Promise<void> => {
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: REVISION_KEY,
        UpdateExpression: 'ADD revision :one',
        ExpressionAttributeValues: { ':one': 1 },
      }),
    );
  };
  /** DynamoDB takes up to two days to delete what has expired. */
  const inForce = ({ sessions, ...rest }: RevokedSessionList): RevokedSessionList => {
    const now = clock.now();
    return { ...rest, sessions: sessions.filter(({ expiresAt }) => expiresAt > now) };
  };
  const list = async (): Promise<RevokedSessionList> => {
    const current = await revision();
    if (known?.revision !== current) {
      const items = await queryPartition(client, table, { pk: REVOKED });
      known = { revision: current, sessions: items.map(revokedSessionOf) };
    }
    return inForce(known);
  };
  return {
    list,
    revision,
    async revoke(session) {
      const others = (await list()).sessions.filter(
        ({ sessionId }) => sessionId !== session.sessionId,
      );
      if (others.length >= REVOKED_SESSIONS_MAX)
        throw new CdnError(
          'list-full',
          `${others.length} sessions are revoked, and the list takes ${REVOKED_SESSIONS_MAX}: rotate the session keys`,
        );
      const { sessionId, ...attributes } = session;
      const expiresAtSeconds = Math.ceil(session.expiresAt / 1000);
      const item = { pk: REVOKED, sk: sessionId, ...attributes, expiresAtSeconds };
      await client.send(new PutCommand({ TableName: table, Item: item }));
      await countChange();
    },
    async allow(sessionId) {
      await batchWrite(client, table, { deletes: [{ pk: REVOKED, sk: sessionId }] });
      await countChange();
    },
  };
}

const revokedSessionOf = ({ sk, reason, revokedAt, expiresAt }: Item): RevokedSession => ({
  sessionId: sk,
  revokedAt: revokedAt as EpochMs,
  expiresAt: expiresAt as EpochMs,
  reason: reason as string,
});
