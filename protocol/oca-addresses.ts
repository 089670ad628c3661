import { isPublicIpv4, isPublicIpv6 } from '#domain/steering/public-address.ts';
import { branded, type Decoder, object, optional } from './decode.ts';

/** Where the public reaches an OCA: what `<oca>.<site>.oca.<domain>` resolves to. */
export interface OcaAddresses {
  readonly ipv4?: string;
  readonly ipv6?: string;
}

export const ocaAddresses: Decoder<OcaAddresses> = object({
  ipv4: optional(branded((text): text is string => isPublicIpv4(text), 'a public IPv4 address')),
  ipv6: optional(branded((text): text is string => isPublicIpv6(text), 'a public IPv6 address')),
});
