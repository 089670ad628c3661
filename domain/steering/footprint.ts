import type { SiteId } from '../ids.ts';
import { type IpAddress, leadingBits, parseAddress, parsePrefix } from './ip-address.ts';

/** What a site is meant to serve, as the operator wrote it: CIDR text, IPv4 and IPv6. */
export interface SiteFootprint {
  readonly siteId: SiteId;
  readonly footprint: readonly string[];
}

/** A prefix that covers an address, and who claims it. */
export interface FootprintMatch {
  readonly prefix: string;
  readonly length: number;
  readonly siteIds: readonly SiteId[];
}

interface Level {
  readonly length: number;
  /** Keyed by leading bits, not by network: V8 hashes a bigint by its low 64 bits, and those of a network are zeros. */
  readonly matchByLeadingBits: Map<bigint, { prefix: string; length: number; siteIds: SiteId[] }>;
}

/** All footprints of the fleet, ready for look-ups: one hash table a prefix length in use, longest first. */
export interface FootprintIndex {
  readonly levels: { readonly 4: readonly Level[]; readonly 6: readonly Level[] };
}

/** Linear in the number of prefixes. A prefix that is not one is left out: it was refused where it came in. */
export function indexFootprints(sites: Iterable<SiteFootprint>): FootprintIndex {
  const levels = { 4: new Map<number, Level>(), 6: new Map<number, Level>() };
  for (const { siteId, footprint } of sites) {
    for (const text of footprint) {
      const prefix = parsePrefix(text);
      if (!prefix) continue;
      const { family, length } = prefix;
      const level = getOrAdd(levels[family], length, () => ({
        length,
        matchByLeadingBits: new Map(),
      }));
      const match = getOrAdd(level.matchByLeadingBits, leadingBits(prefix, length), () => ({
        prefix: text,
        length,
        siteIds: [],
      }));
      if (!match.siteIds.includes(siteId)) match.siteIds.push(siteId);
    }
  }
  return { levels: { 4: longestFirst(levels[4]), 6: longestFirst(levels[6]) } };
}

/** Every prefix that covers the address, longest first; none for text that is no address. At most 129 hash look-ups. */
export function coveringPrefixes(index: FootprintIndex, address: string): FootprintMatch[] {
  const parsed = parseAddress(address);
  return parsed ? index.levels[parsed.family].flatMap((level) => matchAt(level, parsed)) : [];
}

function matchAt(level: Level, address: IpAddress): FootprintMatch[] {
  const match = level.matchByLeadingBits.get(leadingBits(address, level.length));
  return match ? [match] : [];
}

const longestFirst = (levels: ReadonlyMap<number, Level>): Level[] =>
  [...levels.values()].sort((one, other) => other.length - one.length);

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}
