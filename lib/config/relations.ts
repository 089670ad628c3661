import { isShieldRegion } from './regions.ts';
import type { Config, ConfigKey } from './schema.ts';

/** Something wrong in a configuration, told so that it can be put right without reading code. */
export interface ConfigFault {
  /** Where, e.g. `sites[0].ocas[1].address.ipv4`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** A rule between fields. It runs when the keys that it reads are themselves faultless, whatever else is wrong. */
interface Relation<Key extends ConfigKey = ConfigKey> {
  readonly reads: readonly Key[];
  readonly faultsOf: (config: Pick<Config, Key>) => ConfigFault[];
}

const relation = <Key extends ConfigKey>(
  reads: readonly Key[],
  faultsOf: (config: Pick<Config, Key>) => ConfigFault[],
): Relation => ({ reads, faultsOf: (config) => faultsOf(config as Pick<Config, Key>) });

const faultIf = (
  isFault: boolean,
  path: string,
  expected: string,
  found: unknown,
): ConfigFault[] => (isFault ? [{ path, expected, found: String(found) }] : []);

const SECONDS_PER_HOUR = 3600;

export const relations: readonly Relation[] = [
  relation(['regions'], ({ regions: { control, origins } }) =>
    faultIf(
      control !== origins[0],
      'regions.control',
      `the primary origin's region, ${origins[0]}: S3 events reach functions of their own region only`,
      control,
    ),
  ),
  relation(['domain'], ({ domain: { name, zoneName = name } }) =>
    faultIf(
      name !== zoneName && !name.endsWith(`.${zoneName}`),
      'domain.name',
      `a name in the zone ${zoneName}`,
      name,
    ),
  ),
  relation(['regions'], ({ regions: { origins, shieldByOrigin = {} } }) => [
    ...Object.keys(shieldByOrigin).flatMap((region) =>
      faultIf(
        !origins.some((origin) => origin === region),
        `regions.shieldByOrigin.${region}`,
        `a region of regions.origins (${origins.join(', ')})`,
        region,
      ),
    ),
    ...origins.flatMap((origin) =>
      faultIf(
        !isShieldRegion(origin) && !shieldByOrigin[origin],
        `regions.shieldByOrigin.${origin}`,
        `a shield region, because ${origin} cannot host an Origin Shield itself`,
        'nothing',
      ),
    ),
  ]),
  relation(['tokens'], ({ tokens: { required, publicKeys = [] } }) =>
    faultIf(
      required && publicKeys.length === 0,
      'tokens.publicKeys',
      'at least one key, because tokens.required is true',
      'none',
    ),
  ),
  relation(['tokens', 'steering'], ({ tokens, steering }) =>
    faultIf(
      steering.ttlSeconds >= tokens.lifetimeSeconds,
      'steering.ttlSeconds',
      `less than tokens.lifetimeSeconds (${tokens.lifetimeSeconds}), so that a session is steered before it ends`,
      steering.ttlSeconds,
    ),
  ),
  relation(['health'], ({ health: { reportIntervalSeconds, leaseSeconds } }) =>
    faultIf(
      leaseSeconds < 2 * reportIntervalSeconds,
      'health.leaseSeconds',
      `at least twice health.reportIntervalSeconds (${reportIntervalSeconds}), so that one lost report takes no OCA out`,
      leaseSeconds,
    ),
  ),
  relation(['fill'], ({ fill: { planPollSeconds, planLifetimeHours } }) =>
    faultIf(
      planPollSeconds >= planLifetimeHours * SECONDS_PER_HOUR,
      'fill.planPollSeconds',
      `less than fill.planLifetimeHours (${planLifetimeHours} h)`,
      planPollSeconds,
    ),
  ),
  relation(['sites'], ({ sites }) => sites.flatMap(windowFaults)),
  relation(['sites'], ({ sites }) => sites.flatMap(ec2Faults)),
  relation(['sites'], ({ sites }) => [
    ...repeated(sites, ({ ocaId }) => ocaId, 'ocaId', 'an OCA id that no other site has'),
    ...repeated(sites, ({ address }) => address?.ipv4, 'address.ipv4', 'an address of its own'),
    ...repeated(sites, ({ address }) => address?.ipv6, 'address.ipv6', 'an address of its own'),
  ]),
  relation(['prices'], ({ prices }) =>
    prices.cloudFront.egress.flatMap(({ upToBytes }, index, steps) => {
      const isLast = index === steps.length - 1;
      const isAscending = upToBytes !== undefined && upToBytes > (steps[index - 1]?.upToBytes ?? 0);
      return faultIf(
        isLast ? upToBytes !== undefined : !isAscending,
        `prices.cloudFront.egress[${index}].upToBytes`,
        isLast ? 'nothing: the last step has no bound' : 'more than the step before it',
        upToBytes ?? 'nothing',
      );
    }),
  ),
];

type SiteConfig = Config['sites'][number];
type OcaConfig = SiteConfig['ocas'][number];

function windowFaults({ fill }: SiteConfig, index: number): ConfigFault[] {
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

function ec2Faults({ kind, ec2, ocas }: SiteConfig, index: number): ConfigFault[] {
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

/** Faults for every value that an OCA before it, at any site, has already. */
function repeated(
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
