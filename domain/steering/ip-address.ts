/** An IP address as a number. IPv4-mapped IPv6 (`::ffff:a.b.c.d`) is the IPv4 address that it carries. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** The addresses whose first `length` bits are those of `value`; the other bits of `value` are zero. */
export interface IpPrefix extends IpAddress {
  readonly length: number;
}

const BITS = { 4: 32, 6: 128 } as const;
const MAPPED_PREFIX = 0xffffn;
const IPV4_OCTET = /^(?:0|[1-9]\d{0,2})$/;
const IPV6_GROUP = /^[0-9a-f]{1,4}$/i;
const PREFIX_LENGTH = /^(?:0|[1-9]\d{0,2})$/;

/** Undefined for anything but an address: no port, no zone, no leading zeros. Source: RFC 4291, section 2.2; RFC 6943. */
export function parseAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const value = ipv4Value(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = ipv6Value(text);
  if (value === undefined) return undefined;
  return value >> 32n === MAPPED_PREFIX
    ? { family: 4, value: value & 0xffff_ffffn }
    : { family: 6, value };
}

/** Undefined unless `text` is CIDR with all host bits zero: `198.51.100.7/24` is more likely a slip than a wish. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const [base = '', lengthText = '', ...rest] = text.split('/');
  const address = parseAddress(base);
  if (!address || rest.length > 0 || !PREFIX_LENGTH.test(lengthText)) return undefined;
  const isMapped = address.family === 4 && base.includes(':');
  const length = Number(lengthText) - (isMapped ? 96 : 0);
  if (length < 0 || length > BITS[address.family]) return undefined;
  const hostBits = BITS[address.family] - length;
  const isNetwork = BigInt.asUintN(hostBits, address.value) === 0n;
  return isNetwork ? { ...address, length } : undefined;
}

/** The first `length` bits of an address, as a number of that many bits. */
export const leadingBits = (address: IpAddress, length: number): bigint =>
  address.value >> BigInt(BITS[address.family] - length);

/** Whether the address lies in the prefix; never when the one is IPv4 and the other IPv6. */
export const covers = (prefix: IpPrefix, address: IpAddress): boolean =>
  prefix.family === address.family &&
  leadingBits(prefix, prefix.length) === leadingBits(address, prefix.length);

/** The prefix of that length around an address, as CIDR text that {@link parsePrefix} reads. */
export function prefixAround(
  address: IpAddress,
  lengths: { readonly 4: number; readonly 6: number },
): string {
  const length = lengths[address.family];
  const hostBits = BigInt(BITS[address.family] - length);
  const value = (address.value >> hostBits) << hostBits;
  return `${address.family === 4 ? ipv4Text(value) : ipv6Text(value)}/${length}`;
}

const ipv4Text = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');

/** Without the zeros at its end: `2001:db8:1::`. */
function ipv6Text(value: bigint): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn,
  );
  const used = groups.findLastIndex((group) => group !== 0n) + 1;
  const text = groups
    .slice(0, used)
    .map((group) => group.toString(16))
    .join(':');
  return used < 8 ? `${text}::` : text;
}

function ipv4Value(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => IPV4_OCTET.test(octet))) return undefined;
  if (octets.some((octet) => Number(octet) > 255)) return undefined;
  return octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function ipv6Value(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) =>
    half === '' ? [] : groupsOf(half.split(':'), index === halves.length - 1),
  );
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...(tail ?? [])];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** Sixteen-bit groups; the last of an address may be a dotted IPv4 address, which is two. */
function groupsOf(texts: readonly string[], mayEndDotted: boolean): bigint[] | undefined {
  const groups: bigint[] = [];
  for (const [index, text] of texts.entries()) {
    const mayBeDotted = mayEndDotted && index === texts.length - 1;
    const embedded = mayBeDotted ? ipv4Value(text) : undefined;
    if (embedded !== undefined) groups.push(embedded >> 16n, embedded & 0xffffn);
    else if (IPV6_GROUP.test(text)) groups.push(BigInt(`0x${text}`));
    else return undefined;
  }
  return groups;
}
