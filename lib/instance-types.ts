import { invariant } from '#domain/invariant.ts';
import { type BitsPerSecond, gigabitsPerSecond } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';

interface Family {
  readonly architecture: 'x86_64' | 'arm64';
  /** Of its instance store. d3 and d3en have hard disks, which show themselves as NVMe all the same. */
  readonly tier: Tier;
  /** Baseline network bandwidth for each four vCPUs. */
  readonly gigabitsPerFourVcpus: number;
}

/**
 * Families with instance stores. *Assumption*: the bandwidths are the smallest baselines that a size of the family has,
 * for each four vCPUs, as remembered from the Amazon EC2 Instance Types Guide ("Network specifications"), which was not
 * at hand; larger sizes have somewhat more.
 */
const FAMILIES: Readonly<Record<string, Family>> = {
  i4i: { architecture: 'x86_64', tier: 'flash', gigabitsPerFourVcpus: 1.875 },
  i4g: { architecture: 'arm64', tier: 'flash', gigabitsPerFourVcpus: 1.875 },
  i7i: { architecture: 'x86_64', tier: 'flash', gigabitsPerFourVcpus: 1.875 },
  i7ie: { architecture: 'x86_64', tier: 'flash', gigabitsPerFourVcpus: 2.083 },
  i8g: { architecture: 'arm64', tier: 'flash', gigabitsPerFourVcpus: 1.875 },
  d3: { architecture: 'x86_64', tier: 'hdd', gigabitsPerFourVcpus: 3 },
  d3en: { architecture: 'x86_64', tier: 'hdd', gigabitsPerFourVcpus: 6 },
  im4gn: { architecture: 'arm64', tier: 'flash', gigabitsPerFourVcpus: 6.25 },
  is4gen: { architecture: 'arm64', tier: 'flash', gigabitsPerFourVcpus: 6.25 },
  g4dn: { architecture: 'x86_64', tier: 'flash', gigabitsPerFourVcpus: 3.125 },
};

/** vCPUs of the sizes whose names do not say it. */
const VCPUS: Readonly<Record<string, number>> = {
  medium: 1,
  large: 2,
  xlarge: 4,
  // Of i4i, the largest; others are smaller, and the bound below is the same from 32 vCPUs on. *Assumption.*
  metal: 96,
};

/**
 * What goes through an internet gateway: 5 Gbit/s below 32 vCPUs, from there on half the instance's bandwidth, at least
 * 5 Gbit/s. Source: Amazon EC2 User Guide, "Amazon EC2 instance network bandwidth", read 2026-11. Of carrier gateways
 * nothing is told there; *assumption*: the same.
 */
const GATEWAY_GIGABITS = 5;
const GATEWAY_VCPUS = 32;

export interface InstanceTraits extends Pick<Family, 'architecture' | 'tier'> {
  /** What one instance can send to clients for as long as it likes, cautiously. */
  readonly egress: BitsPerSecond;
}

/** What an instance type is, out of its name. */
export function instanceTraits(instanceType: string): InstanceTraits {
  const [familyName = '', size = ''] = instanceType.split('.');
  const family = FAMILIES[familyName];
  invariant(family, `the configuration knows the family of ${instanceType}`);
  const { architecture, tier, gigabitsPerFourVcpus } = family;
  const vcpus = vcpusOf(size);
  const baseline = (gigabitsPerFourVcpus * vcpus) / 4;
  const throughGateway =
    vcpus < GATEWAY_VCPUS ? GATEWAY_GIGABITS : Math.max(GATEWAY_GIGABITS, baseline / 2);
  return { architecture, tier, egress: gigabitsPerSecond(Math.min(baseline, throughGateway)) };
}

function vcpusOf(size: string): number {
  const multiple = /^(?:metal-)?(\d+)xl(?:arge)?$/.exec(size)?.[1];
  const vcpus = multiple === undefined ? VCPUS[size] : 4 * Number(multiple);
  invariant(vcpus, `the configuration knows the size ${size}`);
  return vcpus;
}
