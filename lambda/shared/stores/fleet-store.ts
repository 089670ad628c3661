import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
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
  /** Those of these that are declared. */
  sitesNamed(siteIds: readonly SiteId[]): Promise<Site[]>;
  sitesRevision(): Promise<number>;
  /**
   * Replaces a site's declaration by what `change` makes of the stored one, undefined where there is none; writes
   * nothing when it gives that one back. `change` may be called again, so that of two writers neither is lost.
   * @throws CdnError `upstream-timeout` when others go on writing in between.
   */
  changeSite<Declared extends Site | undefined>(
    siteId: SiteId,
    change: (stored: Site | undefined) => Declared,
  ): Promise<Declared>;
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
/** How often a change of a site begins anew because another one came between. */
const CHANGE_ATTEMPTS_MAX = 10;
const REVISION_KEY = { pk: 'revision', sk: SITES } as const;
const ocaKey = (ocaId: OcaId) => ({ pk: `oca#${ocaId}`, sk: 'oca' });

export function fleetStore(client: DynamoDBDocumentClient, table: string): FleetStore {
  const update = (ocaId: OcaId, expression: string, values: Record<string, unknown>) => ({
    TableName: table,
    Key: ocaKey(ocaId),
    UpdateExpression: expression,
    ExpressionAttributeValues: values,
  });
  const storedSite = async (siteId: SiteId) => {
    const Key = { pk: SITES, sk: siteId };
    const command = new GetCommand({ TableName: table, Key, ConsistentRead: true });
    return (await client.send(command)).Item?.document as string | undefined;
  };
  /** False when the stored document is not that one any more. */
  const replaceSite = async (
    siteId: SiteId,
    to: { stored: string | undefined; document: string },
  ) => {
    const isFirst = to.stored === undefined;
    const command = new PutCommand({
      TableName: table,
      Item: { pk: SITES, sk: siteId, document: to.document },
      ConditionExpression: isFirst ? 'attribute_not_exists(document)' : 'document = :stored',
      ...(isFirst ? {} : { ExpressionAttributeValues: { ':stored': to.stored } }),
    });
    if (!(await isConditionMet(client.send(command)))) return false;
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: REVISION_KEY,
        UpdateExpression: 'ADD revision :one',
        ExpressionAttributeValues: { ':one': 1 },
      }),
    );
    return true;
  };
  return {
    async sites() {
      const items = await queryPartition(client, table, { pk: SITES });
      return items.map((item) => JSON.parse(item.document as string) as Site);
    },
    async sitesNamed(siteIds) {
      const keys = siteIds.map((siteId) => ({ pk: SITES, sk: siteId }));
      const items = await batchGet(client, table, { keys, isConsistent: true });
      return items.map((item) => JSON.parse(item.document as string) as Site);
    },
    async sitesRevision() {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: REVISION_KEY }));
      return (Item?.revision as number | undefined) ?? 0;
    },
    async changeSite(siteId, change) {
      for (let attempt = 0; attempt < CHANGE_ATTEMPTS_MAX; attempt += 1) {
        const stored = await storedSite(siteId);
        const changed = change(stored === undefined ? undefined : (JSON.parse(stored) as Site));
        const document = changed && JSON.stringify(changed);
        if (document === undefined || document === stored) return changed;
        if (await replaceSite(siteId, { stored, document })) return changed;
      }
      throw new CdnError('upstream-timeout', `others go on changing the site ${siteId}`);
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
