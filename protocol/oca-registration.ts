import type { DiskId, OcaId, SiteId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import { type Decoder, integer, list, literal, object, optional, text } from './decode.ts';
import { diskId, httpUrl, ocaId, siteId, sizeBytes, type Tier, tier } from './fields.ts';
import { type OcaAddresses, ocaAddresses } from './oca-addresses.ts';

/** `PUT /v1/ocas/<id>`: an agent says who it is and what it has, at start and after a change. */
export interface OcaRegistration {
  readonly version: 1;
  readonly ocaId: OcaId;
  readonly siteId: SiteId;
  /** New at every start of the agent. */
  readonly bootId: string;
  readonly softwareVersion: string;
  /** Where clients reach it: `https://<oca>.<site>.oca.<domain>`. */
  readonly deliveryUrl: string;
  /** Where the public reaches it; what the operator declared counts before this. */
  readonly addresses?: OcaAddresses;
  readonly disks: readonly DiskDeclaration[];
  /** Parity groups of the hdd tier: k data files and m parity files. Absent where parity is off. */
  readonly parity?: ParityDeclaration;
}

export interface ParityDeclaration {
  readonly dataFiles: number;
  readonly parityFiles: number;
}

export interface DiskDeclaration {
  readonly diskId: DiskId;
  readonly tier: Tier;
  readonly capacityBytes: Bytes;
}

/** The answer to a registration: what the agent needs to begin its loops. */
export interface RegistrationReceipt {
  readonly desiredState: DesiredState;
  readonly reportIntervalSeconds: number;
  readonly planPollSeconds: number;
  /** Layer 2, for miss fetches: `https://cf-edge.<domain>`. */
  readonly cloudFrontUrl: string;
  readonly tokenIssuer: string;
}

/** What the operator wants of an OCA. What it is now is its {@link ./oca-report.ts!OcaState}. */
export type DesiredState = 'in-service' | 'draining';
export const desiredState: Decoder<DesiredState> = literal('in-service', 'draining');

export const ocaRegistration: Decoder<OcaRegistration> = object({
  version: literal(1),
  ocaId,
  siteId,
  bootId: text({ pattern: /^[A-Za-z0-9-]{8,64}$/ }),
  softwareVersion: text({ lengthMax: 64 }),
  deliveryUrl: httpUrl,
  addresses: optional(ocaAddresses),
  disks: list(object({ diskId, tier, capacityBytes: sizeBytes }), { lengthMax: 128 }),
  parity: optional(
    object({ dataFiles: integer({ min: 1, max: 64 }), parityFiles: integer({ min: 1, max: 8 }) }),
  ),
});

export const registrationReceipt: Decoder<RegistrationReceipt> = object({
  desiredState,
  reportIntervalSeconds: integer({ min: 1, max: 300 }),
  planPollSeconds: integer({ min: 1, max: 3600 }),
  cloudFrontUrl: httpUrl,
  tokenIssuer: text({ lengthMax: 256 }),
});
