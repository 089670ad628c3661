import type { OcaId, SiteId } from '../ids.ts';
import { parseAddress } from './ip-address.ts';
import { isPublicIpv4, isPublicIpv6 } from './public-address.ts';

/** A plain DNS record of addresses: no alias, no routing policy. */
export interface AddressRecord {
  /** In lower case, without the dot at the end. */
  readonly name: string;
  readonly type: 'A' | 'AAAA';
  readonly ttlSeconds: number;
  readonly addresses: readonly string[];
}

export interface RecordChange {
  readonly action: 'UPSERT' | 'DELETE';
  readonly record: AddressRecord;
}

/** An OCA that is declared, and the addresses that the operator, or else the OCA itself, says that it has. */
export interface AddressedOca {
  readonly ocaId: OcaId;
  readonly siteId: SiteId;
  readonly addresses?: { readonly ipv4?: string | undefined; readonly ipv6?: string | undefined };
}

/** An address that changes is gone from resolvers after this. */
const TTL_SECONDS = 60;

/** The records that a fleet should have below `ocaDomain`, and the addresses that none may hold because they are not public. */
export function wantedRecords(
  ocas: Iterable<AddressedOca>,
  ocaDomain: string,
): { records: AddressRecord[]; refused: AddressedOca[] } {
  const records: AddressRecord[] = [];
  const refused: AddressedOca[] = [];
  for (const oca of ocas) {
    const { ipv4, ipv6 } = oca.addresses ?? {};
    const isFit = (!ipv4 || isPublicIpv4(ipv4)) && (!ipv6 || isPublicIpv6(ipv6));
    if (!isFit) refused.push(oca);
    const base = { name: `${oca.ocaId}.${oca.siteId}.${ocaDomain}`, ttlSeconds: TTL_SECONDS };
    if (isFit && ipv4) records.push({ ...base, type: 'A', addresses: [ipv4] });
    if (isFit && ipv6) records.push({ ...base, type: 'AAAA', addresses: [ipv6] });
  }
  return { records, refused };
}

/** What makes the records that exist into those that are wanted: nothing when they are the same. */
export function recordChanges(
  existing: readonly AddressRecord[],
  wanted: readonly AddressRecord[],
): RecordChange[] {
  const existingByKey = new Map(existing.map((record) => [keyOf(record), record]));
  const wantedKeys = new Set(wanted.map(keyOf));
  return [
    ...existing
      .filter((record) => !wantedKeys.has(keyOf(record)))
      .map((record) => ({ action: 'DELETE', record }) as const),
    ...wanted
      .filter((record) => !isSame(record, existingByKey.get(keyOf(record))))
      .map((record) => ({ action: 'UPSERT', record }) as const),
  ];
}

const keyOf = ({ name, type }: AddressRecord): string => `${name} ${type}`;

/** An address has many spellings, and DNS gives back its own. */
const isSame = (wanted: AddressRecord, existing: AddressRecord | undefined): boolean =>
  existing !== undefined &&
  existing.ttlSeconds === wanted.ttlSeconds &&
  valuesOf(existing) === valuesOf(wanted);

const valuesOf = ({ addresses }: AddressRecord): string =>
  addresses
    .map((address) => String(parseAddress(address)?.value))
    .toSorted()
    .join();
