import type { Route53Client } from '@aws-sdk/client-route-53';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import type { SiteId } from '#domain/ids.ts';
import { type AddressedOca, recordChanges, wantedRecords } from '#domain/steering/oca-records.ts';
import { decode, describeFaults } from '#protocol/decode.ts';
import { ocaAddressesChange } from '../shared/events.ts';
import type { Log } from '../shared/log.ts';
import { type FleetStore, fleetStore } from '../shared/stores/fleet-store.ts';
import type { Environment } from './environment.ts';
import { zoneRecords } from './zone-records.ts';

export interface OcaRecordsDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly route53: Route53Client;
  readonly environment: Environment;
  readonly log: Log;
}

/** An event of the bus about one site, or the nightly schedule's bare `{}`: all sites. */
export interface OcaRecordsEvent {
  readonly 'detail-type'?: string;
  readonly detail?: unknown;
}

/** Two that work on one site at once come to rest when no more changes come: one of them looks last. */
const ROUNDS_MAX = 5;

/**
 * Keeps the records `<oca>.<site>.oca.<domain>` as the fleet table has the addresses. Repeating it changes nothing, and
 * whoever wrote last looks again, so events may come twice, late and in any order.
 */
export function createOcaRecords(
  dependencies: OcaRecordsDependencies,
): (event: OcaRecordsEvent) => Promise<void> {
  const { dynamoDb, route53, environment, log } = dependencies;
  const { HOSTED_ZONE_ID: hostedZoneId, OCA_DOMAIN: ocaDomain } = environment;
  const fleet = fleetStore(dynamoDb, environment.FLEET_TABLE);
  const zone = zoneRecords(route53, { hostedZoneId, ocaDomain });
  return async (event) => {
    const siteId = siteOf(event);
    const scope = siteId === undefined ? ocaDomain : `${siteId}.${ocaDomain}`;
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      // Records first: one that appears after the fleet was read would be taken for one that nobody wants.
      const existing = await zone.below(scope);
      const { records, refused } = wantedRecords(await addressedOcas(fleet, siteId), ocaDomain);
      for (const { ocaId } of refused) log('error', 'oca-records.refused', { ocaId });
      const changes = recordChanges(existing, records);
      if (changes.length === 0) return;
      await zone.change(changes);
      const deleted = changes.filter(({ action }) => action === 'DELETE').length;
      log('info', 'oca-records.changed', { scope, written: changes.length - deleted, deleted });
    }
    throw new CdnError('upstream-timeout', `the records below ${scope} kept changing`);
  };
}

/** @throws CdnError `message-invalid` for an event that is none of ours. */
function siteOf(event: OcaRecordsEvent): SiteId | undefined {
  if (event['detail-type'] === undefined) return undefined;
  const decoded = decode(ocaAddressesChange, event.detail);
  if (!decoded.ok) throw new CdnError('message-invalid', describeFaults(decoded.faults));
  return decoded.value.siteId;
}

/** What the operator declared counts before what an OCA says of itself. */
async function addressedOcas(
  fleet: FleetStore,
  siteId: SiteId | undefined,
): Promise<AddressedOca[]> {
  const sites = siteId === undefined ? await fleet.sites() : await fleet.sitesNamed([siteId]);
  const ocaIds = sites.flatMap(({ ocas }) => ocas.map(({ ocaId }) => ocaId));
  const recordById = await fleet.ocas(ocaIds, { isConsistent: true });
  return sites.flatMap((site) =>
    site.ocas.map(({ ocaId, address }): AddressedOca => {
      const addresses = address ?? recordById.get(ocaId)?.registration?.addresses;
      return { ocaId, siteId: site.siteId, ...(addresses && { addresses }) };
    }),
  );
}
