import { z } from 'zod';
import { type DiskId, isDiskId, isOcaId, isSiteId, type OcaId, type SiteId } from '#domain/ids.ts';
import { isPublicIpv4, isPublicIpv6 } from '#domain/steering/public-address.ts';
import { bitsPerSecond, bytes } from '#domain/units.ts';
import { isVpcPrefix, networkOf, parsePrefix } from './addresses.ts';
import { decimal, identity, listOf, mapping, oneOf, pattern, text, whole } from './fields.ts';
import { awsRegion } from './regions.ts';

const PREFIX = 'an IPv4 or IPv6 prefix in CIDR notation with no bits set beyond its length';
const NAME = '1 to 63 of a-z, 0-9 and -';

/** From 1 Mbit/s to 10 Tbit/s: beyond what an appliance or a site has, so a slipped unit is caught. Assumption. */
const bitRate = decimal('bit/s', { min: 1e6, max: 1e13 }).transform(bitsPerSecond);
const wallClock = pattern('a local time HH:MM, in quotes', /^(?:[01]\d|2[0-3]):[0-5]\d$/);

const disk = mapping({
  diskId: text(`a disk id: ${NAME}`, isDiskId).transform((id) => id as DiskId),
  tier: oneOf(['flash', 'hdd']),
  /** From 1 GB to 1 PB: one disk, so a slipped unit is caught. Assumption. */
  capacityBytes: whole('bytes', { min: 1e9, max: 1e15 }).transform(bytes),
});

const oca = mapping({
  ocaId: text(`an OCA id: ${NAME}, not "cloudfront"`, isOcaId).transform((id) => id as OcaId),
  /** What `<oca>.<site>.oca.<domain>` resolves to. Without it the OCA gets no record. */
  address: mapping({
    ipv4: text('a public IPv4 address', isPublicIpv4),
    ipv6: text('a public IPv6 address', isPublicIpv6).optional(),
  }).optional(),
  disks: listOf(disk, { min: 1, max: 64, keyOf: ({ diskId }) => diskId, of: 'disks' }),
});

/** A site whose OCAs are instances of EC2, made and replaced by an Auto Scaling group; they enrol themselves. */
const ec2 = mapping({
  region: awsRegion,
  availabilityZones: listOf(
    pattern(
      'an Availability Zone or Wavelength Zone',
      /^[a-z]{2}-[a-z]+-\d(?:[a-z]|-wl\d-[a-z]{3}-wlz-\d)$/,
    ),
    { min: 1, max: 6, keyOf: identity, of: 'zones' },
  ),
  /** Families with instance stores. Source: Amazon EC2 Instance Types Guide, read 2026-11. */
  instanceType: pattern(
    'an instance type with instance store, e.g. i4i.2xlarge, i7ie.3xlarge, d3en.2xlarge, im4gn.4xlarge; g4dn.2xlarge in a Wavelength Zone',
    /^(?:i4i|i4g|i7i|i7ie|i8g|d3|d3en|im4gn|is4gen|g4dn)\.(?:\d*x?large|metal(?:-\d+xl)?)$/,
  ),
  instancesMin: whole('instances', { min: 0, max: 500 }),
  instancesMax: whole('instances', { min: 1, max: 500 }),
  /** The VPC's addresses; no other network of yours needs to reach them. */
  vpcCidr: text('a private IPv4 prefix from /16 to /24', isVpcPrefix),
});

export const site = mapping({
  siteId: text(`a site id: ${NAME}`, isSiteId).transform((id) => id as SiteId),
  name: text('a name of 1 to 128 characters', ({ length }) => length >= 1 && length <= 128),
  kind: oneOf(['isp', 'ixp', 'mec']),
  location: mapping({
    latitude: decimal('degrees', { min: -90, max: 90 }),
    longitude: decimal('degrees', { min: -180, max: 180 }),
  }),
  timeZone: text('an IANA time zone, e.g. America/New_York', isTimeZone),
  footprint: listOf(
    z.string({ error: PREFIX }).refine((value) => parsePrefix(value) !== undefined, {
      error: ({ input }) => `${PREFIX}${hintFor(String(input))}`,
    }),
    { min: 1, max: 100_000, keyOf: identity, of: 'prefixes' },
  ),
  fill: mapping({
    windowStart: wallClock,
    windowEnd: wallClock,
    ocaBitsPerSecond: bitRate,
    siteBitsPerSecond: bitRate,
  }),
  ec2: ec2.optional(),
  ocas: listOf(oca, { min: 0, max: 1000, keyOf: ({ ocaId }) => ocaId, of: 'OCAs' }),
});

/** What was probably meant by a prefix that has bits set beyond its length. */
function hintFor(prefix: string): string {
  const network = networkOf(prefix);
  return network === undefined ? '' : `, such as ${network}`;
}

/** Offsets such as `+01:00` are zones to JavaScript but not to us: they know no summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
