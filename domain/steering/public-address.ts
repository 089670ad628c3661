import { type IpPrefix, leadingBits, parseAddress, parsePrefix } from './ip-address.ts';

/**
 * Addresses that no public DNS record may hold, because the public cannot reach them or must not be sent there.
 * The documentation ranges (RFC 5737, RFC 3849) are left out on purpose: the example configuration uses them.
 * Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), read 2026-11.
 */
const NOT_PUBLIC_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
].flatMap((text): IpPrefix | [] => parsePrefix(text) ?? []);

/** In dotted form: an IPv4-mapped IPv6 address cannot stand in an A record. */
export function isPublicIpv4(text: string): boolean {
  const address = text.includes(':') ? undefined : parseAddress(text);
  return (
    address !== undefined &&
    !NOT_PUBLIC_IPV4.some(
      (prefix) => leadingBits(address, prefix.length) === leadingBits(prefix, prefix.length),
    )
  );
}

/** Global unicast, 2000::/3: not loopback, unique local, link local, multicast or IPv4-mapped. Source: RFC 4291, section 2.4. */
export function isPublicIpv6(text: string): boolean {
  const address = parseAddress(text);
  return address?.family === 6 && leadingBits(address, 3) === 0b001n;
}
