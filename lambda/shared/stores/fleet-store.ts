import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { OcaId, SiteId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { DesiredState, OcaRegistration } from '#protocol/oca-registration.ts';
import type { Site } from '#protocol/site.ts';
import { batchGet, type Item, isConditionMet, queryPartition } from './tables.ts';

/** What the fleet table knows of one OCA; how it is now stands in the health table. */
export interface OcaRecord {
  readonly ocaId: OcaId;
  readonly desiredState: DesiredState;
  readonly registration?: OcaRegistration;
  readonly plan?: { readonly planVersion: number; readonly expiresAt: EpochMs };
}

/**
 * Sites and OCAs, in the fleet table:
 *
 *     pk            sk         attributes
 *     sites         <siteId>   document
 *     revision      sites      revision: counts changes of sites, so that readers know when to read them again
 *     oca#<ocaId>   oca        desiredState, registration, planVersion, planExpiresAt
 */
export interface FleetStore {
  sites(): Promise<Site[]>;
  sitesRevision(): Promise<number>;
  putSite(site: Site): Promise<void>;
  /** OCAs that nothing is known of are absent. A consistent read sees every write that was answered before. */
  ocas(
    ocaIds: readonly OcaId[],
    options?: { readonly isConsistent: boolean },
  ): Promise<Map<OcaId, OcaRecord>>;
  register(registration: OcaRegistration): Promise<void>;
  setDesiredState(ocaId: OcaId, desiredState: DesiredState): Promise<void>;
  /** Notes the plan in force; an older one than is noted changes nothing. */
  notePlan(ocaId: OcaId, plan: { planVersion: number; expiresAt: EpochMs }): Promise<void>;
}

const SITES = 'sites';
const REVISION_KEY = { pk: 'revision', sk: SITES } as const;
const ocaKey = (ocaId: OcaId) => ({ pk: `oca#${ocaId}`, sk: 'oca' });

export function fleetStore(client: DynamoDBDocumentClient, table: string): FleetStore {
  const update = (ocaId: OcaId, expression: string, values: Record<string, unknown>) => ({
    TableName: table,
    Key: ocaKey(ocaId),
    UpdateExpression: expression,
    ExpressionAttributeValues: values,
  });
  return {
    async sites() {
      const items = await queryPartition(client, table, { pk: SITES });
      return items.map((item) => JSON.parse(item.document as string) as Site);
    },
    async sitesRevision() {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: REVISION_KEY }));
      return (Item?.revision as number | undefined) ?? 0;
    },
    async putSite(site) {
      const item = { pk: SITES, sk: site.siteId, document: JSON.stringify(site) };
      await client.send(new PutCommand({ TableName: table, Item: item }));
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: REVISION_KEY,
          UpdateExpression: 'ADD revision :one',
          ExpressionAttributeValues: { ':one': 1 },
        }),
      );
    },
    async ocas(ocaIds, options = { isConsistent: false }) {
      const items = await batchGet(client, table, { keys: ocaIds.map(ocaKey), ...options });
      return new Map(items.map(ocaRecord).map((record) => [record.ocaId, record]));
    },
    async register(registration) {
      const values = { ':registration': JSON.stringify(registration) };
      await client.send(
        new UpdateCommand(update(registration.ocaId, 'SET registration = :registration', values)),
      );
    },
    async setDesiredState(ocaId, desiredState) {
      const values = { ':state': desiredState };
      await client.send(new UpdateCommand(update(ocaId, 'SET desiredState = :state', values)));
    },
    async notePlan(ocaId, { planVersion, expiresAt }) {
      const values = { ':version': planVersion, ':expiresAt': expiresAt };
      const expression = 'SET planVersion = :version, planExpiresAt = :expiresAt';
      const command = new UpdateCommand({
        ...update(ocaId, expression, values),
        ConditionExpression: 'attribute_not_exists(planVersion) OR planVersion < :version',
      });
      await isConditionMet(client.send(command));
    },
  };
}

/** The site that declares an OCA. */
export const siteOfOca = (sites: Iterable<Site>): Map<OcaId, Site> =>
  new Map([...sites].flatMap((site) => site.ocas.map((oca) => [oca.ocaId, site] as const)));

export const siteById = (sites: Iterable<Site>): Map<SiteId, Site> =>
  new Map([...sites].map((site) => [site.siteId, site]));

function ocaRecord(item: Item): OcaRecord {
  const { registration, desiredState, planVersion, planExpiresAt } = item as {
    registration?: string;
    desiredState?: DesiredState;
    planVersion?: number;
    planExpiresAt?: EpochMs;
  };
  const hasPlan = planVersion !== undefined && planExpiresAt !== undefined;
  return {
    ocaId: item.pk.slice('oca#'.length) as OcaId,
    desiredState: desiredState ?? 'in-service',
    ...(registration === undefined
      ? {}
      : { registration: JSON.parse(registration) as OcaRegistration }),
    ...(hasPlan ? { plan: { planVersion, expiresAt: planExpiresAt } } : {}),
  };
}
