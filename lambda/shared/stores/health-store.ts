import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { TrafficInterval, TrafficLedger } from '#domain/health/traffic-ledger.ts';
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

/** What stood there when a report was kept. */
export interface ReportBefore {
  readonly report?: OcaReport;
  readonly traffic?: NotedTraffic;
}

/** A ledger and its number, which the next change must name. */
export interface NotedTraffic {
  readonly ledger: TrafficLedger;
  readonly revision: number;
}

/** All that is known of an OCA's condition. */
export interface OcaVitals {
  readonly receivedAt: EpochMs;
  readonly report: OcaReport;
  readonly lastTraffic?: TrafficInterval;
}

/**
 * Newest reports, in the health table:
 *
 *     pk            sk       attributes
 *     oca#<ocaId>   health   bootId, sequence, sentAt: order; receivedAt, state, reasons, egress: steering;
 *                            report: the whole message; traffic, trafficRevision: how far its counters were told
 */
export interface HealthStore {
  /** Undefined when a newer report is there already: a later one of the same boot, or one sent later by another boot. */
  put(report: OcaReport, receivedAt: EpochMs): Promise<ReportBefore | undefined>;
  /** False when somebody else has changed it since `before`: then nothing is noted. */
  noteTraffic(
    ocaId: OcaId,
    ledger: TrafficLedger,
    before: NotedTraffic | undefined,
  ): Promise<boolean>;
  health(ocaIds: readonly OcaId[]): Promise<Map<OcaId, OcaHealth>>;
  reports(ocaIds: readonly OcaId[]): Promise<Map<OcaId, OcaReport>>;
  vitals(ocaIds: readonly OcaId[]): Promise<Map<OcaId, OcaVitals>>;
}

/** Reports of an OCA that went away disappear after a day. */
const KEEP_SECONDS = 86_400;
const STEERING_ATTRIBUTES = ['pk', 'receivedAt', 'state', 'reasons', 'egress'] as const;
const VITAL_ATTRIBUTES = ['pk', 'receivedAt', 'report', 'traffic'] as const;

export function healthStore(client: DynamoDBDocumentClient, table: string): HealthStore {
  const read = (ocaIds: readonly OcaId[], attributes: readonly string[]) =>
    batchGet(client, table, { keys: ocaIds.map(healthKey), attributes });
  return {
    async put(report, receivedAt) {
      const command = putReport(table, report, receivedAt);
      const written = client.send(command);
      return (await isConditionMet(written))
        ? reportBefore((await written).Attributes ?? {})
        : undefined;
    },
    noteTraffic(ocaId, ledger, before) {
      const command = new UpdateCommand({
        TableName: table,
        Key: healthKey(ocaId),
        UpdateExpression: 'SET traffic = :traffic, trafficRevision = :revision',
        ConditionExpression: before
          ? 'trafficRevision = :before'
          : 'attribute_exists(pk) AND attribute_not_exists(trafficRevision)',
        ExpressionAttributeValues: {
          ':traffic': JSON.stringify(ledger),
          ':revision': (before?.revision ?? 0) + 1,
          ...(before ? { ':before': before.revision } : {}),
        },
      });
      return isConditionMet(client.send(command));
    },
    async health(ocaIds) {
      const items = await read(ocaIds, STEERING_ATTRIBUTES);
      return new Map(items.map((item) => [ocaIdOf(item), healthOf(item)]));
    },
    async reports(ocaIds) {
      const items = await read(ocaIds, ['pk', 'report']);
      return new Map(items.map((item) => [ocaIdOf(item), reportIn(item)]));
    },
    async vitals(ocaIds) {
      const items = await read(ocaIds, VITAL_ATTRIBUTES);
      return new Map(items.map((item) => [ocaIdOf(item), vitalsOf(item)]));
    },
  };
}

/** Replaces the report and leaves the traffic alone, which is told once a minute. */
function putReport(table: string, report: OcaReport, receivedAt: EpochMs): UpdateCommand {
  const { ocaId, bootId, sequence, sentAt, state, reasons, load } = report;
  const attributes = {
    ...{ bootId, sequence, sentAt, receivedAt, state, reasons },
    egress: load.egressBitsPerSecond,
    report: JSON.stringify(report),
    expiresAtSeconds: Math.floor(receivedAt / 1000) + KEEP_SECONDS,
  };
  const names = Object.keys(attributes);
  return new UpdateCommand({
    TableName: table,
    Key: healthKey(ocaId),
    UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
    ConditionExpression:
      'attribute_not_exists(bootId) OR (bootId = :bootId AND #sequence < :sequence) OR (bootId <> :bootId AND sentAt < :sentAt)',
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [`:${name}`, value]),
    ),
    ReturnValues: 'ALL_OLD',
  });
}

const healthKey = (ocaId: OcaId) => ({ pk: `oca#${ocaId}`, sk: 'health' });
const ocaIdOf = (item: Item) => item.pk.slice('oca#'.length) as OcaId;
const reportIn = ({ report }: Record<string, unknown>) => JSON.parse(report as string) as OcaReport;

function reportBefore(item: Record<string, unknown>): ReportBefore {
  const { report, traffic, trafficRevision: revision } = item;
  return {
    ...(report === undefined ? {} : { report: reportIn(item) }),
    ...(traffic === undefined
      ? {}
      : { traffic: { ledger: ledgerIn(traffic), revision: revision as number } }),
  };
}

function healthOf(item: Item): OcaHealth {
  const { receivedAt, state, reasons, egress } = item as Item & Omit<OcaHealth, 'ocaId'>;
  return { ocaId: ocaIdOf(item), receivedAt, state, reasons, egress };
}

function vitalsOf(item: Item): OcaVitals {
  const last = item.traffic === undefined ? undefined : ledgerIn(item.traffic).last;
  const receivedAt = item.receivedAt as EpochMs;
  return { receivedAt, report: reportIn(item), ...(last ? { lastTraffic: last } : {}) };
}

const ledgerIn = (traffic: unknown) => JSON.parse(traffic as string) as TrafficLedger;
