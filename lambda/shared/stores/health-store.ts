import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { OcaId } from '#domain/ids.ts';
import type { BitsPerSecond, EpochMs } from '#domain/units.ts';
import type { OcaReport, OcaState } from '#protocol/oca-report.ts';
import { batchGet, type Item, isConditionMet } from './tables.ts';

/** What steering reads of an OCA's newest report. */
export interface OcaHealth {
  readonly ocaId: OcaId;
  /** By our clock. */
  readonly receivedAt: EpochMs;
  readonly state: OcaState;
  readonly reasons: readonly string[];
  readonly egress: BitsPerSecond;
}

/**
 * Newest reports, in the health table:
 *
 *     pk            sk       attributes
 *     oca#<ocaId>   health   bootId, sequence, sentAt: order; receivedAt, state, reasons, egress: steering;
 *                            report: the whole message
 */
export interface HealthStore {
  /** False when a newer report is there already: a later one of the same boot, or one sent later by another boot. */
  put(report: OcaReport, receivedAt: EpochMs): Promise<boolean>;
  health(ocaIds: readonly OcaId[]): Promise<Map<OcaId, OcaHealth>>;
  reports(ocaIds: readonly OcaId[]): Promise<Map<OcaId, OcaReport>>;
}

/** Reports of an OCA that went away disappear after a day. */
const KEEP_SECONDS = 86_400;
const STEERING_ATTRIBUTES = ['pk', 'receivedAt', 'state', 'reasons', 'egress'] as const;

export function healthStore(client: DynamoDBDocumentClient, table: string): HealthStore {
  const keys = (ocaIds: readonly OcaId[]) => ocaIds.map((ocaId) => healthKey(ocaId));
  return {
    put(report, receivedAt) {
      const { bootId, sequence, sentAt, state, reasons, load } = report;
      const item = {
        ...healthKey(report.ocaId),
        ...{ bootId, sequence, sentAt, receivedAt, state, reasons },
        egress: load.egressBitsPerSecond,
        report: JSON.stringify(report),
        expiresAtSeconds: Math.floor(receivedAt / 1000) + KEEP_SECONDS,
      };
      const command = new PutCommand({
        TableName: table,
        Item: item,
        ConditionExpression:
          'attribute_not_exists(pk) OR (bootId = :bootId AND #sequence < :sequence) OR (bootId <> :bootId AND sentAt < :sentAt)',
        ExpressionAttributeNames: { '#sequence': 'sequence' },
        ExpressionAttributeValues: { ':bootId': bootId, ':sequence': sequence, ':sentAt': sentAt },
      });
      return isConditionMet(client.send(command));
    },
    async health(ocaIds) {
      const items = await batchGet(client, table, {
        keys: keys(ocaIds),
        attributes: STEERING_ATTRIBUTES,
      });
      return new Map(items.map((item) => [ocaIdOf(item), healthOf(item)]));
    },
    async reports(ocaIds) {
      const items = await batchGet(client, table, {
        keys: keys(ocaIds),
        attributes: ['pk', 'report'],
      });
      return new Map(
        items.map((item) => [ocaIdOf(item), JSON.parse(item.report as string) as OcaReport]),
      );
    },
  };
}

const healthKey = (ocaId: OcaId) => ({ pk: `oca#${ocaId}`, sk: 'health' });
const ocaIdOf = (item: Item) => item.pk.slice('oca#'.length) as OcaId;

function healthOf(item: Item): OcaHealth {
  const { receivedAt, state, reasons, egress } = item as Item & Omit<OcaHealth, 'ocaId'>;
  return { ocaId: ocaIdOf(item), receivedAt, state, reasons, egress };
}
