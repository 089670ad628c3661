import { BlockList, isIP } from 'node:net';

export interface Prefix {
  readonly address: string;
  readonly length: number;
  readonly family: 'ipv4' | 'ipv6';
}

/**
 * Addresses that no public DNS record may hold, because the public cannot reach them or must not be sent there.
 * The documentation ranges (RFC 5737, RFC 3849) are left out on purpose: the example configuration uses them.
 * Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), read 2026-11.
 */
const notPublic = new BlockList();
for (const [network, length] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(network, length, 'ipv4');
}
/** Everything outside global unicast, 2000::/3: loopback, unique local, link local, multicast, and IPv4-mapped addresses. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

export const isPublicIpv4 = (text: string): boolean =>
  isIP(text) === 4 && !notPublic.check(text, 'ipv4');

export const isPublicIpv6 = (text: string): boolean =>
  isIP(text) === 6 && !text.includes('%') && globalUnicast.check(text, 'ipv6');

/** A prefix in CIDR notation, e.g. `198.51.100.0/24`; undefined when it is none, or has bits set beyond its length. */
export function parsePrefix(text: string): Prefix | undefined {
  const [, address = '', digits = ''] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  const length = Number(digits);
  if (version === 0 || length > (version === 4 ? 32 : 128)) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return isNetworkAddress({ address, length, family }) ? { address, length, family } : undefined;
}

/** What a VPC may have: private addresses (RFC 1918), from /16 to /24 so that its subnets fit. Source: Amazon VPC quotas. */
export function isVpcPrefix(text: string): boolean {
  const prefix = parsePrefix(text);
  return (
    prefix?.family === 'ipv4' &&
    prefix.length >= 16 &&
    prefix.length <= 24 &&
    PRIVATE_IPV4.check(prefix.address, 'ipv4')
  );
}

const PRIVATE_IPV4 = new BlockList();
for (const [network, length] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE_IPV4.addSubnet(network, length, 'ipv4');
}

/** Whether all bits beyond the prefix length are zero. */
function isNetworkAddress({ address, length, family }: Prefix): boolean {
  const bits = family === 'ipv4' ? 32n : 128n;
  const value = family === 'ipv4' ? numberOfIpv4(address) : numberOfIpv6(address);
  return value % (1n << (bits - BigInt(length))) === 0n;
}

const numberOfIpv4 = (address: string): bigint =>
  address.split('.').reduce((number, octet) => (number << 8n) | BigInt(octet), 0n);

/** `URL` writes an IPv6 address in its canonical form, without an embedded IPv4 part; only `::` is left to expand. */
function numberOfIpv6(address: string): bigint {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groupsOf = (part: string | undefined) => (part ? part.split(':') : []);
  const [before, behind] = [groupsOf(head), groupsOf(tail)];
  const groups = [
    ...before,
    ...new Array<string>(8 - before.length - behind.length).fill('0'),
    ...behind,
  ];
  return groups.reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
}
