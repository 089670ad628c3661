import type { OcaId, TitleId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import { type Decoder, integer, list, literal, object, optional, text, truth } from './decode.ts';
import { file, instant, ocaId, titleId } from './fields.ts';

/**
 * `POST /v1/purges`: what is to go from every cache. With none of `file`, `prefix` and `profile` all of the title; with one
 * of them its file, its files whose names begin so, or those of its tracks of that profile.
 */
export interface PurgeRequest {
  readonly titleId: TitleId;
  readonly file?: string;
  readonly prefix?: string;
  readonly profile?: string;
  /** It may stay, and is asked about before it is used again. */
  readonly soft?: boolean;
}

/** A purge as appliances apply it, in the order of their ids. */
export interface Purge {
  /** Counts up from 1 without a gap. */
  readonly purgeId: number;
  readonly titleId: TitleId;
  /** With neither `files` nor `prefix`: all of the title. */
  readonly files?: readonly string[];
  readonly prefix?: string;
  readonly soft: boolean;
  readonly requestedAt: EpochMs;
}

/** `GET /v1/purges?after=<purgeId>`: those later than that one, oldest first, 100 at most. */
export interface PurgeList {
  readonly purges: readonly Purge[];
  /** The oldest that is still told; one more than the newest where none is. Whoever knows none before it has missed some. */
  readonly oldestPurgeId: number;
}

/** `GET /v1/purges/<purgeId>`. An OCA that has never registered holds nothing, and is in none of the lists. */
export interface PurgeStatus {
  readonly purge: Purge;
  readonly acknowledged: readonly OcaId[];
  /** They report, and have not said yet that it is done. */
  readonly waiting: readonly OcaId[];
  /** They have not reported for a lease: what they hold of it, they serve on to whoever still reaches them. */
  readonly unreachable: readonly OcaId[];
  readonly cloudFront: readonly CloudFrontInvalidation[];
}

export interface CloudFrontInvalidation {
  readonly distributionId: string;
  readonly state: 'in-progress' | 'completed';
}

/** Names of one purge: CloudFront takes 3,000 paths at a time. Source: CloudFront quotas, read 2026-11. */
export const PURGE_FILES_MAX = 1000;
export const PURGES_A_PAGE = 100;

const prefix = text({ pattern: /^[A-Za-z0-9_-][A-Za-z0-9._/-]{0,255}$/ });
const purgeId = integer({ min: 1 });

export const purgeRequest: Decoder<PurgeRequest> = object({
  titleId,
  file: optional(file),
  prefix: optional(prefix),
  profile: optional(text({ pattern: /\S/, lengthMax: 64 })),
  soft: optional(truth),
});

export const purge: Decoder<Purge> = object({
  purgeId,
  titleId,
  files: optional(list(file, { lengthMax: PURGE_FILES_MAX })),
  prefix: optional(prefix),
  soft: truth,
  requestedAt: instant,
});

export const purgeList: Decoder<PurgeList> = object({
  purges: list(purge, { lengthMax: PURGES_A_PAGE }),
  oldestPurgeId: purgeId,
});

const ocaIds = list(ocaId, { lengthMax: 100_000 });
export const purgeStatus: Decoder<PurgeStatus> = object({
  purge,
  acknowledged: ocaIds,
  waiting: ocaIds,
  unreachable: ocaIds,
  cloudFront: list(
    object({ distributionId: text({ lengthMax: 64 }), state: literal('in-progress', 'completed') }),
    { lengthMax: 100 },
  ),
});

/** Whether a purge means this file. */
export function isPurged(
  { titleId, files, prefix }: Pick<Purge, 'titleId' | 'files' | 'prefix'>,
  name: { readonly titleId: TitleId; readonly file: string },
): boolean {
  if (name.titleId !== titleId) return false;
  if (files) return files.includes(name.file);
  return prefix === undefined || name.file.startsWith(prefix);
}
