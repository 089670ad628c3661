import { type FillWindow, fillWindow } from '../fill/fill-window.ts';
import type { OcaId, SiteId } from '../ids.ts';
import {
  type BitsPerSecond,
  type Bytes,
  type EpochMs,
  elapsed,
  epochMs,
  type Milliseconds,
  seconds,
} from '../units.ts';
import { type JudgedState, judgeOca } from './judge-oca.ts';
import type { TrafficInterval } from './traffic-ledger.ts';

/** What the control plane knows of one declared OCA. */
export interface OcaFacts {
  readonly ocaId: OcaId;
  readonly siteId: SiteId;
  /** An EC2 instance that enrolled itself: it comes and goes with its Auto Scaling group. */
  readonly isFromEc2: boolean;
  readonly isRegistered: boolean;
  readonly desiredState: 'in-service' | 'draining';
  /** Absent when it never reported, or last did so too long ago to be remembered. */
  readonly report?: OcaReportFacts;
  readonly certificateExpiresAt?: EpochMs;
  /** Of the certificate that clients are shown, where the OCA itself speaks TLS to them. */
  readonly serverCertificateExpiresAt?: EpochMs;
  /** When its certificate was issued, if the control plane did that. */
  readonly enrolledAt?: EpochMs;
}

export interface OcaReportFacts {
  readonly receivedAt: EpochMs;
  readonly state: JudgedState;
  readonly disksFailed: number;
  readonly egressCapacity?: BitsPerSecond;
  readonly fill: FillFacts;
  readonly lastTraffic?: TrafficInterval;
}

export interface FillFacts {
  /** When the plan was made; absent without one. */
  readonly plannedAt?: EpochMs;
  readonly bytesLeft: Bytes;
}

/** A site's daily fill window, and the rates that it may fill at. */
export interface SiteFill {
  readonly timeZone: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly ocaBitsPerSecond: BitsPerSecond;
  readonly siteBitsPerSecond: BitsPerSecond;
}

export interface OcaVerdict {
  readonly facts: OcaFacts;
  /** In use: registered, and not drained. The rest is nobody's trouble. */
  readonly isWatched: boolean;
  readonly isSilent: boolean;
  readonly isOutOfService: boolean;
  readonly isFillBehind: boolean;
  readonly isToBeRetired: boolean;
}

/**
 * Longer than steering's lease: a restart is no silence. Assumption: an agent is back, or its appliance has booted,
 * within two minutes.
 */
export const SILENT_AFTER = seconds(120);
/** An EC2 instance that is gone does not come back under the same name. */
export const RETIRED_AFTER = seconds(3600);
/** A fill is judged late only towards the end of its window, when what is left is certain to be too much. */
const JUDGED_BEFORE_END = seconds(3600);
const HOUR_MS = 3_600_000;

/**
 * Judges every OCA of a site. Instances are retired only while `isHearing` (reports reach the control plane), so that a
 * fault of its own takes no OCA away.
 */
export function watchSite(
  ocas: readonly OcaFacts[],
  { fill, ...rules }: { now: EpochMs; lease: Milliseconds; isHearing: boolean; fill: SiteFill },
): OcaVerdict[] {
  const filling = ocas.filter(({ report }) => report && report.fill.bytesLeft > 0).length;
  return ocas.map((facts) => watchOca(facts, { ...rules, fill, filling }));
}

interface Rules {
  readonly now: EpochMs;
  readonly lease: Milliseconds;
  readonly isHearing: boolean;
  readonly fill: SiteFill;
  /** How many OCAs share the site's rate. */
  readonly filling: number;
}

function watchOca(facts: OcaFacts, rules: Rules): OcaVerdict {
  const { report, desiredState } = facts;
  const { now, lease } = rules;
  const silence = report ? elapsed(report.receivedAt, now) : Number.POSITIVE_INFINITY;
  const isWatched = facts.isRegistered && desiredState === 'in-service' && !hasLeft(facts, silence);
  const judged = judgeOca({
    now,
    lease,
    desiredState,
    ...(report && { report: { ...report, reasons: [] } }),
  });
  return {
    facts,
    isWatched,
    isSilent: isWatched && silence > Math.max(SILENT_AFTER, lease),
    isOutOfService: isWatched && judged.state === 'out-of-service',
    isFillBehind: isWatched && report !== undefined && isFillBehind(report.fill, rules),
    isToBeRetired: isToBeRetired(facts, rules),
  };
}

/** One that never reported is given its hour from the moment it enrolled. */
function isToBeRetired(facts: OcaFacts, { now, isHearing }: Rules): boolean {
  const heardAt = facts.report?.receivedAt ?? facts.enrolledAt;
  if (!isHearing || !facts.isFromEc2 || heardAt === undefined) return false;
  return elapsed(heardAt, now) > RETIRED_AFTER;
}

/** An instance whose last word was that it stops was taken away by its group, which is in order. */
const hasLeft = ({ isFromEc2, report }: OcaFacts, silence: number): boolean =>
  isFromEc2 && report?.state === 'draining' && silence > SILENT_AFTER;

/**
 * Whether an OCA falls behind its fill plan: what is left cannot be carried in the rest of the window, or the window
 * that the plan was made for is over. A plan that waits for its window, or is filled at once, is not behind.
 */
export function isFillBehind(
  { plannedAt, bytesLeft }: FillFacts,
  { now, fill, filling }: Pick<Rules, 'now' | 'fill' | 'filling'>,
): boolean {
  if (plannedAt === undefined || bytesLeft === 0) return false;
  const window = fillWindow(fill, now);
  if (window.startsAt > now) return plannedAt < windowBefore(fill, window).startsAt;
  const left = elapsed(now, window.endsAt);
  if (plannedAt >= window.startsAt || left > JUDGED_BEFORE_END) return false;
  const rate = Math.min(fill.ocaBitsPerSecond, fill.siteBitsPerSecond / Math.max(1, filling));
  return bytesLeft * 8 > rate * (left / 1000);
}

/** Windows begin a day apart, give or take the hour of a change of clocks. */
function windowBefore(fill: SiteFill, { startsAt }: FillWindow): FillWindow {
  const candidate = fillWindow(fill, epochMs(startsAt - 26 * HOUR_MS));
  const isEarlier = candidate.startsAt < startsAt - 26 * HOUR_MS;
  return isEarlier ? fillWindow(fill, candidate.endsAt) : candidate;
}
