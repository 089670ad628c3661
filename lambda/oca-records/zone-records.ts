import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import type { AddressRecord, RecordChange } from '#domain/steering/oca-records.ts';

/** The address records of OCAs in the hosted zone. Records of other kinds and of other depth are somebody else's. */
export interface ZoneRecords {
  /** Those below a name: a site's `<site>.oca.<domain>`, or all. Changes that are still on their way are in. */
  below(name: string): Promise<AddressRecord[]>;
  change(changes: readonly RecordChange[]): Promise<void>;
}

/**
 * Changes a request: an UPSERT counts twice towards 1,000 elements and 32,000 characters of values, and an IPv6 address
 * has up to 39. Source: Route 53 Developer Guide, "Quotas", read 2026-11.
 */
const CHANGES_MAX = 400;

export function zoneRecords(
  client: Route53Client,
  { hostedZoneId, ocaDomain }: { readonly hostedZoneId: string; readonly ocaDomain: string },
): ZoneRecords {
  return {
    async below(name) {
      const records: AddressRecord[] = [];
      for await (const set of setsFrom(client, hostedZoneId, name)) {
        const record = addressRecord(set, ocaDomain);
        if (record && isBelow(record.name, name)) records.push(record);
      }
      return records;
    },
    async change(changes) {
      for (let start = 0; start < changes.length; start += CHANGES_MAX) {
        const batch = changes.slice(start, start + CHANGES_MAX);
        await client.send(
          new ChangeResourceRecordSetsCommand({
            HostedZoneId: hostedZoneId,
            ChangeBatch: {
              Comment: 'addresses of OCAs',
              Changes: batch.map(({ action, record }) => ({
                Action: action,
                ResourceRecordSet: {
                  Name: `${record.name}.`,
                  Type: record.type,
                  TTL: record.ttlSeconds,
                  ResourceRecords: record.addresses.map((Value) => ({ Value })),
                },
              })),
            },
          }),
        );
      }
    },
  };
}

/** The record sets at and below a name. A zone is listed by labels from the right, so what is below a name stands together. */
async function* setsFrom(client: Route53Client, HostedZoneId: string, name: string) {
  let next: { StartRecordName?: string; StartRecordType?: ResourceRecordSet['Type'] } | undefined =
    {
      StartRecordName: name,
    };
  while (next) {
    const page: {
      ResourceRecordSets?: ResourceRecordSet[] | undefined;
      IsTruncated?: boolean | undefined;
      NextRecordName?: string | undefined;
      NextRecordType?: ResourceRecordSet['Type'];
    } = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId, ...next }));
    for (const set of page.ResourceRecordSets ?? []) {
      const own = withoutDot(set.Name);
      if (own !== name && !isBelow(own, name)) return;
      yield set;
    }
    next =
      page.IsTruncated && page.NextRecordName
        ? {
            StartRecordName: page.NextRecordName,
            ...(page.NextRecordType ? { StartRecordType: page.NextRecordType } : {}),
          }
        : undefined;
  }
}

/** Undefined for what this function never writes. */
function addressRecord(set: ResourceRecordSet, ocaDomain: string): AddressRecord | undefined {
  const { Type: type, TTL: ttlSeconds, AliasTarget, SetIdentifier, ResourceRecords = [] } = set;
  const name = withoutDot(set.Name);
  const labels = name.slice(0, -ocaDomain.length - 1).split('.');
  const isOurs = isBelow(name, ocaDomain) && labels.length === 2 && !AliasTarget && !SetIdentifier;
  if (!isOurs || ttlSeconds === undefined || (type !== 'A' && type !== 'AAAA')) return undefined;
  return { name, type, ttlSeconds, addresses: ResourceRecords.flatMap(({ Value }) => Value ?? []) };
}

const isBelow = (name: string, ancestor: string): boolean => name.endsWith(`.${ancestor}`);
const withoutDot = (name = ''): string => name.replace(/\.$/, '');
