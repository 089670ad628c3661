import { DISK_STATES, type DiskState } from '#domain/disks/disk-state.ts';
import type { DiskId, OcaId } from '#domain/ids.ts';
import type { BitsPerSecond, Bytes, EpochMs } from '#domain/units.ts';
import { type Decoder, integer, list, literal, object, optional, text, truth } from './decode.ts';
import { bitRate, diskId, instant, ocaId, sizeBytes, type Tier, tier } from './fields.ts';
import { type DesiredState, desiredState } from './oca-registration.ts';

/** `POST /v1/ocas/<id>/reports`: the heartbeat. A report that does not come is itself the news. */
export interface OcaReport {
  readonly version: 1;
  readonly ocaId: OcaId;
  readonly bootId: string;
  /** Counts up from 1 within a boot, so that a late report cannot overwrite a newer one. */
  readonly sequence: number;
  readonly sentAt: EpochMs;
  readonly state: OcaState;
  /** Why it is not simply in service; empty when it is. For people. */
  readonly reasons: readonly string[];
  readonly load: OcaLoad;
  readonly tiers: readonly TierReport[];
  readonly disks: readonly DiskReport[];
  readonly parity?: ParityReport;
  readonly scrub?: ScrubReport;
  readonly delivery: DeliveryCounters;
  readonly fill: FillReport;
  /** Changes exactly when the set of assets held changes. */
  readonly inventoryDigest: string;
  /** When the certificate that the OCA shows to the control plane runs out. */
  readonly certificateExpiresAt?: EpochMs;
  /** The same of the certificate that clients are shown, where the OCA itself speaks TLS to them. */
  readonly serverCertificateExpiresAt?: EpochMs;
  /**
   * A sample of the times, in milliseconds, that the upstream took to begin its answers to miss fetches, since a receipt
   * last said that the sample was taken.
   */
  readonly originFirstByteMs?: readonly number[];
  /** The newest purge that it has applied, and all before it. */
  readonly purgedThrough?: number;
}

/** As many as one line of CloudWatch's embedded metric format holds of one metric. */
export const FIRST_BYTE_SAMPLES_MAX = 100;

export type OcaState = 'in-service' | 'draining' | 'out-of-service';

export interface OcaLoad {
  readonly egressBitsPerSecond: BitsPerSecond;
  readonly connections: number;
  /** What it may send; absent where nobody has declared that. */
  readonly egressCapacityBitsPerSecond?: BitsPerSecond;
}

export interface TierReport {
  readonly tier: Tier;
  readonly capacityBytes: Bytes;
  readonly usedBytes: Bytes;
  readonly assetCount: number;
  /** What assets may fill: the capacity below the watermark, less what parity takes. Older agents do not tell it. */
  readonly usableBytes?: Bytes;
}

/** How parity protects the hdd tier. Absent where it is off. */
export interface ParityReport {
  /** k and m: data files and parity files of a whole parity group. */
  readonly dataFiles: number;
  readonly parityFiles: number;
  readonly protectedAssets: number;
  /** On the hdd tier, and not in a parity group yet. */
  readonly unprotectedAssets: number;
  /** Held, although their disk has failed: told from parity until they are repaired. */
  readonly reconstructedAssets: number;
  readonly parityBytes: Bytes;
}

/** The round of verification that is under way, and what rounds have found since the agent's start. */
export interface ScrubReport {
  readonly startedAt?: EpochMs;
  readonly verifiedBytes: Bytes;
  readonly totalBytes: Bytes;
  /** When a round last came to its end. */
  readonly completedAt?: EpochMs;
  readonly repairedAssets: number;
  readonly lostAssets: number;
}

export interface DiskReport {
  readonly diskId: DiskId;
  readonly tier: Tier;
  readonly state: DiskState;
  readonly reason?: string;
  /** Since when it is in this state. Older agents do not tell it. */
  readonly since?: EpochMs;
  readonly capacityBytes: Bytes;
  readonly usedBytes: Bytes;
}

/** Counted since the agent's start; differences between reports are rates. */
export interface DeliveryCounters {
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  readonly refusals: number;
  readonly failures: number;
  /** Requests refused with 4xx, and failed with 5xx. Older agents do not tell them. */
  readonly clientErrors?: number;
  readonly serverErrors?: number;
  /** Bytes of bodies sent from the store, and of bodies that a miss fetch brought. */
  readonly hitBytes: Bytes;
  readonly missBytes: Bytes;
}

export interface FillReport {
  /** Undefined until the first plan is accepted. */
  readonly planVersion?: number;
  readonly state: 'idle' | 'waiting-for-window' | 'filling' | 'complete' | 'incomplete';
  readonly assetsDone: number;
  readonly assetsTotal: number;
  readonly bytesDone: Bytes;
  readonly bytesTotal: Bytes;
  /** Bytes fetched under this plan, by the fill source's id: an OCA's id, `cloudfront` or `s3`. */
  readonly fetched: readonly { readonly sourceId: string; readonly fetchedBytes: Bytes }[];
  readonly refusal?: string;
}

/** The answer to a report. A plan version that the agent has not seen is a doorbell: poll now. */
export interface ReportReceipt {
  readonly desiredState: DesiredState;
  readonly planVersion?: number;
  /** The report's `originFirstByteMs` has been taken: the agent begins a new sample. */
  readonly isSampleTaken?: boolean;
  /** Of the list of revoked sessions: another one than the agent has means that it should fetch the list now. */
  readonly revokedSessionsRevision?: number;
  /** The newest purge: one that the agent has not applied means that it should fetch them now. */
  readonly newestPurgeId?: number;
}

const counter = integer();

const fillReport: Decoder<FillReport> = object({
  planVersion: optional(counter),
  state: literal('idle', 'waiting-for-window', 'filling', 'complete', 'incomplete'),
  assetsDone: counter,
  assetsTotal: counter,
  bytesDone: sizeBytes,
  bytesTotal: sizeBytes,
  fetched: list(object({ sourceId: text({ lengthMax: 64 }), fetchedBytes: sizeBytes }), {
    lengthMax: 1000,
  }),
  refusal: optional(text({ lengthMax: 256 })),
});

export const ocaReport: Decoder<OcaReport> = object({
  version: literal(1),
  ocaId,
  bootId: text({ pattern: /^[A-Za-z0-9-]{8,64}$/ }),
  sequence: integer({ min: 1 }),
  sentAt: instant,
  state: literal('in-service', 'draining', 'out-of-service'),
  reasons: list(text({ lengthMax: 256 }), { lengthMax: 100 }),
  load: object({
    egressBitsPerSecond: bitRate,
    connections: counter,
    egressCapacityBitsPerSecond: optional(bitRate),
  }),
  tiers: list(
    object({
      tier,
      capacityBytes: sizeBytes,
      usedBytes: sizeBytes,
      assetCount: counter,
      usableBytes: optional(sizeBytes),
    }),
    { lengthMax: 2 },
  ),
  disks: list(
    object({
      diskId,
      tier,
      state: literal(...DISK_STATES),
      reason: optional(text({ lengthMax: 256 })),
      since: optional(instant),
      capacityBytes: sizeBytes,
      usedBytes: sizeBytes,
    }),
    { lengthMax: 128 },
  ),
  parity: optional(
    object({
      dataFiles: counter,
      parityFiles: counter,
      protectedAssets: counter,
      unprotectedAssets: counter,
      reconstructedAssets: counter,
      parityBytes: sizeBytes,
    }),
  ),
  scrub: optional(
    object({
      startedAt: optional(instant),
      verifiedBytes: sizeBytes,
      totalBytes: sizeBytes,
      completedAt: optional(instant),
      repairedAssets: counter,
      lostAssets: counter,
    }),
  ),
  delivery: object({
    requests: counter,
    hits: counter,
    misses: counter,
    refusals: counter,
    failures: counter,
    clientErrors: optional(counter),
    serverErrors: optional(counter),
    hitBytes: sizeBytes,
    missBytes: sizeBytes,
  }),
  fill: fillReport,
  inventoryDigest: text({ pattern: /^[0-9a-f]{64}$/ }),
  certificateExpiresAt: optional(instant),
  serverCertificateExpiresAt: optional(instant),
  originFirstByteMs: optional(list(counter, { lengthMax: FIRST_BYTE_SAMPLES_MAX })),
  purgedThrough: optional(counter),
});

export const reportReceipt: Decoder<ReportReceipt> = object({
  desiredState,
  planVersion: optional(integer()),
  isSampleTaken: optional(truth),
  revokedSessionsRevision: optional(integer()),
  newestPurgeId: optional(integer()),
});
