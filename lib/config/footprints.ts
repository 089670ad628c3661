import { type IpPrefix, parsePrefix } from '#domain/steering/ip-address.ts';
import type { Config } from './schema.ts';

type SiteConfig = Config['sites'][number];

/** A prefix that a second site claims with the same right as the first. */
export interface FootprintClash {
  readonly siteIndex: number;
  readonly prefixIndex: number;
  readonly prefix: string;
  readonly firstSiteId: string;
}

/**
 * Prefixes that two sites of equal rank claim: which of the two serves its clients would be an accident of their ids.
 * Equal is the prefix, not its spelling. A prefix *within* another is no clash, at one site or at two: the longest
 * match wins. Nor is one prefix at an ISP's site and at an exchange: ISP and MEC sites come first. Linear in all prefixes.
 */
export function footprintClashes(sites: readonly SiteConfig[]): FootprintClash[] {
  const firstSiteByClaim = new Map<string, string>();
  return sites.flatMap(({ siteId, kind, footprint }, siteIndex) =>
    footprint.flatMap((prefix, prefixIndex) => {
      const parsed = parsePrefix(prefix);
      if (!parsed) return [];
      const claim = `${kind === 'ixp' ? 'ixp' : 'isp'} ${canonical(parsed)}`;
      const firstSiteId = firstSiteByClaim.get(claim);
      if (firstSiteId !== undefined) return [{ siteIndex, prefixIndex, prefix, firstSiteId }];
      firstSiteByClaim.set(claim, siteId);
      return [];
    }),
  );
}

const canonical = ({ family, value, length }: IpPrefix): string => `${family} ${value}/${length}`;
