import { BlockList, isIP } from 'node:net';

export interface Prefix {
  readonly address: string;
  readonly length: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** A prefix in CIDR notation, e.g. `198.51.100.0/24`; undefined when it is none, or has bits set beyond its length. */
export function parsePrefix(text: string): Prefix | undefined {
  const [, address = '', digits = ''] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  const length = Number(digits);
  if (version === 0 || length > (version === 4 ? 32 : 128)) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return isNetworkAddress({ address, length, family }) ? { address, length, family } : undefined;
}

/** The prefix that was meant by one with bits set beyond its length: `198.51.100.7/24` gives `198.51.100.0/24`. */
export function networkOf(text: string): string | undefined {
  const [, address = '', digits = ''] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  const length = Number(digits);
  if (version === 0 || length > (version === 4 ? 32 : 128)) return undefined;
  const value = version === 4 ? numberOfIpv4(address) : numberOfIpv6(address);
  const hostBits = BigInt((version === 4 ? 32 : 128) - length);
  const network = (value >> hostBits) << hostBits;
  return `${version === 4 ? ipv4Of(network) : ipv6Of(network)}/${length}`;
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

const ipv4Of = (number: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.');

/** In canonical form, because `URL` writes it. */
const ipv6Of = (number: bigint): string =>
  new URL(
    `http://[${(number.toString(16).padStart(32, '0').match(/.{4}/g) ?? []).join(':')}]`,
  ).hostname.slice(1, -1);
