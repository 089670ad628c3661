import { ocaFleetPrefix } from '../names.ts';
import { type ConfigFault, faultIf } from './faults.ts';
import { fillShortages } from './fill-capacity.ts';
import { footprintClashes } from './footprints.ts';
import { CARRIER_GATEWAY_REGIONS, hasCarrierGateways } from './regions.ts';
import type { Config } from './schema.ts';

type SiteConfig = Config['sites'][number];
type OcaConfig = SiteConfig['ocas'][number];

/** The window of a day, and the rates in it. */
export function windowFaults({ fill }: SiteConfig, index: number): ConfigFault[] {
  return [
    ...faultIf(
      fill.windowStart === fill.windowEnd,
      `sites[${index}].fill.windowEnd`,
      'another time than windowStart',
      fill.windowEnd,
    ),
    ...faultIf(
      fill.ocaBitsPerSecond > fill.siteBitsPerSecond,
      `sites[${index}].fill.ocaBitsPerSecond`,
      `no more than siteBitsPerSecond (${fill.siteBitsPerSecond} bit/s)`,
      fill.ocaBitsPerSecond,
    ),
  ];
}

/** Windows that can't carry a night's churn, each with the sum that shows it. */
export function fillFaults(sites: readonly SiteConfig[], churnRatioMax: number): ConfigFault[] {
  return sites.flatMap((site, index) =>
    fillShortages(site, churnRatioMax).map(
      ({ field, bitsPerSecondMin, nightlyBytes, windowHours }) => ({
        path: `sites[${index}].fill.${field}`,
        expected:
          `at least ${roundedUp(bitsPerSecondMin)} bit/s: a night may replace ${terabytes(nightlyBytes)} TB ` +
          `(fill.nightlyChurnRatioMax ${churnRatioMax} of the disks) in a window of ${windowHours} h`,
        found: String(site.fill[field]),
      }),
    ),
  );
}

/** To two digits, upwards: what a fault asks for shall do. */
function roundedUp(bitsPerSecond: number): string {
  const step = 10 ** (Math.floor(Math.log10(bitsPerSecond)) - 1);
  return (Math.ceil(bitsPerSecond / step) * step).toExponential(1).replace('e+', 'e');
}

const terabytes = (bytes: number): string => (bytes / 1e12).toFixed(2);

/** Prefixes that are claimed twice with the same right. */
export function footprintFaults(sites: readonly SiteConfig[]): ConfigFault[] {
  return footprintClashes(sites).map(({ siteIndex, prefixIndex, prefix, firstSiteId }) => ({
    path: `sites[${siteIndex}].footprint[${prefixIndex}]`,
    expected:
      firstSiteId === sites[siteIndex]?.siteId
        ? 'prefixes that differ'
        : `a prefix that ${firstSiteId} does not have: of two sites of equal rank, ids would decide who serves it`,
    found: prefix,
  }));
}

/** What a site of EC2 instances may not be. */
export function ec2Faults({ kind, ec2, ocas }: SiteConfig, index: number): ConfigFault[] {
  if (!ec2) return [];
  const path = `sites[${index}].ec2`;
  const { region, availabilityZones, instancesMin, instancesMax } = ec2;
  return [
    ...availabilityZones.flatMap((zone, zoneIndex) => [
      ...faultIf(
        !zone.startsWith(region),
        `${path}.availabilityZones[${zoneIndex}]`,
        `a zone of ${region}`,
        zone,
      ),
      ...faultIf(
        zone.includes('-wl') && !hasCarrierGateways(region),
        `${path}.region`,
        `a region with carrier gateways, which a Wavelength Zone needs: ${CARRIER_GATEWAY_REGIONS.join(', ')}`,
        region,
      ),
      ...faultIf(
        zone.includes('-wl') && kind !== 'mec',
        `sites[${index}].kind`,
        `mec: ${zone} is a Wavelength Zone`,
        kind,
      ),
    ]),
    ...faultIf(
      new Set(availabilityZones.map((zone) => zone.includes('-wl'))).size > 1,
      `${path}.availabilityZones`,
      'Availability Zones or Wavelength Zones, not both',
      availabilityZones.join(', '),
    ),
    ...faultIf(
      instancesMax < instancesMin,
      `${path}.instancesMax`,
      `at least instancesMin (${instancesMin})`,
      instancesMax,
    ),
    ...faultIf(
      ocas.length > 0,
      `sites[${index}].ocas`,
      'none: the instances of ec2 enrol themselves',
      `${ocas.length} OCAs`,
    ),
  ];
}

/** Names of IAM roles end at 64 characters. Source: IAM User Guide, "IAM and AWS STS quotas". */
const ROLE_NAME_LENGTH_MAX = 64;

/** Sites whose instances' role would have too long a name. */
export function roleNameFaults(sites: readonly SiteConfig[], prefix: string): ConfigFault[] {
  const lengthMax = ROLE_NAME_LENGTH_MAX - ocaFleetPrefix({ prefix }).length;
  return sites.flatMap(({ siteId, ec2 }, index) =>
    faultIf(
      ec2 !== undefined && siteId.length > lengthMax,
      `sites[${index}].siteId`,
      `at most ${lengthMax} characters for a site with ec2: it is part of its role's name`,
      siteId,
    ),
  );
}

/** Faults for every value that an OCA before it, at any site, has already. */
export function repeated(
  sites: readonly SiteConfig[],
  fieldOf: (oca: OcaConfig) => string | undefined,
  field: string,
  expected: string,
): ConfigFault[] {
  const seen = new Set<string>();
  return sites.flatMap((site, siteIndex) =>
    site.ocas.flatMap((oca, ocaIndex) => {
      const value = fieldOf(oca);
      if (value === undefined) return [];
      const isRepeated = seen.has(value);
      seen.add(value);
      return faultIf(isRepeated, `sites[${siteIndex}].ocas[${ocaIndex}].${field}`, expected, value);
    }),
  );
}
