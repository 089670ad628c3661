import type { OcaId, SiteId } from '#domain/ids.ts';
import type { BitsPerSecond } from '#domain/units.ts';
import { type Decoder, decimal, list, literal, object, optional, text } from './decode.ts';
import { bitRate, ocaId, siteId } from './fields.ts';
import { type OcaAddresses, ocaAddresses } from './oca-addresses.ts';

/** Co-located OCAs that fill in one window. The operator declares them; OCAs register into them. */
export interface Site {
  readonly siteId: SiteId;
  readonly name: string;
  readonly kind: SiteKind;
  readonly location: { readonly latitude: number; readonly longitude: number };
  /** IANA time zone, e.g. `America/New_York`: the fill window is local time. */
  readonly timeZone: string;
  /** Client prefixes that the site is meant to serve, IPv4 and IPv6 CIDR. */
  readonly footprint: readonly string[];
  readonly fill: FillSettings;
  readonly ocas: readonly OcaDeclaration[];
}

export type SiteKind = 'isp' | 'ixp' | 'mec';

export interface FillSettings {
  /** Local wall-clock times `HH:MM`; a window may cross midnight. */
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly ocaBitsPerSecond: BitsPerSecond;
  readonly siteBitsPerSecond: BitsPerSecond;
}

export interface OcaDeclaration {
  readonly ocaId: OcaId;
  /** Stands where no operator declared the OCA: an EC2 instance of the site's own fleet enrolled itself. */
  readonly enrolledFrom?: 'ec2';
  /** Where the public reaches it, when the operator says so: it counts before what the OCA registers. */
  readonly address?: OcaAddresses;
}

const wallClock = text({ pattern: /^(?:[01]\d|2[0-3]):[0-5]\d$/ });

export const site: Decoder<Site> = object({
  siteId,
  name: text({ lengthMax: 128 }),
  kind: literal('isp', 'ixp', 'mec'),
  location: object({
    latitude: decimal({ min: -90, max: 90 }),
    longitude: decimal({ min: -180, max: 180 }),
  }),
  timeZone: text({ lengthMax: 64 }),
  footprint: list(text({ lengthMax: 49 }), { lengthMax: 100_000 }),
  fill: object({
    windowStart: wallClock,
    windowEnd: wallClock,
    ocaBitsPerSecond: bitRate,
    siteBitsPerSecond: bitRate,
  }),
  ocas: list(
    object({
      ocaId,
      enrolledFrom: optional(literal('ec2')),
      address: optional(ocaAddresses),
    }),
    { lengthMax: 1000 },
  ),
});
