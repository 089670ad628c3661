import { distributionCount } from '../names.ts';
import { type ConfigFault, faultIf } from './faults.ts';
import { isShieldRegion } from './regions.ts';
import type { Config, ConfigKey } from './schema.ts';
import {
  ec2Faults,
  fillFaults,
  footprintFaults,
  repeated,
  roleNameFaults,
  windowFaults,
} from './site-faults.ts';

/** A rule between fields. It runs when the keys that it reads are themselves faultless, whatever else is wrong. */
interface Relation<Key extends ConfigKey = ConfigKey> {
  readonly reads: readonly Key[];
  readonly faultsOf: (config: Pick<Config, Key>) => ConfigFault[];
}

const relation = <Key extends ConfigKey>(
  reads: readonly Key[],
  faultsOf: (config: Pick<Config, Key>) => ConfigFault[],
): Relation => ({ reads, faultsOf: (config) => faultsOf(config as Pick<Config, Key>) });

const SECONDS_PER_HOUR = 3600;
/** Each adds some 15 resources to one stack, which holds 500. Source: AWS CloudFormation quotas, read 2026-11. */
const DISTRIBUTIONS_MAX = 20;

export const relations: readonly Relation[] = [
  relation(['regions'], ({ regions: { control, origins } }) =>
    faultIf(
      control !== origins[0],
      'regions.control',
      `the primary origin's region, ${origins[0]}: S3 events reach functions of their own region only`,
      control,
    ),
  ),
  relation(['traffic', 'limits'], ({ traffic, limits }) =>
    faultIf(
      distributionCount({ traffic, limits }) > DISTRIBUTIONS_MAX,
      'traffic.cloudFrontPeakBitsPerSecond',
      `at most ${DISTRIBUTIONS_MAX} times limits.distributionBitsPerSecond (${limits.distributionBitsPerSecond} bit/s): ask AWS to raise that quota first`,
      traffic.cloudFrontPeakBitsPerSecond,
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
  relation(['sites', 'fill'], ({ sites, fill }) => fillFaults(sites, fill.nightlyChurnRatioMax)),
  relation(['sites'], ({ sites }) => sites.flatMap(ec2Faults)),
  relation(['sites', 'prefix'], ({ sites, prefix }) => roleNameFaults(sites, prefix)),
  relation(['sites'], ({ sites }) => footprintFaults(sites)),
  relation(['sites'], ({ sites }) => [
    ...repeated(sites, ({ ocaId }) => ocaId, 'ocaId', 'an OCA id that no other site has'),
    ...repeated(sites, ({ address }) => address?.ipv4, 'address.ipv4', 'an address of its own'),
    ...repeated(sites, ({ address }) => address?.ipv6, 'address.ipv6', 'an address of its own'),
  ]),
  relation(['alarms', 'clients'], ({ alarms, clients: { certificateDays } }) =>
    faultIf(
      alarms.certificateDaysMin >= (certificateDays * 2) / 3,
      'alarms.certificateDaysMin',
      `less than two thirds of clients.certificateDays (${certificateDays}): sooner no OCA renews`,
      alarms.certificateDaysMin,
    ),
  ),
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
