import { type EpochMs, elapsed, type Milliseconds, milliseconds, seconds } from '../units.ts';
import type { LatencyComparison } from './compare-latency.ts';
import { type DiskVitals, type HealthFinding, judgeHealth } from './judge-health.ts';

/** The states of a disk, from best to worst; each but `healthy` comes with its reason. */
export const DISK_STATES = ['healthy', 'slow', 'read-only', 'replaced', 'failed'] as const;
export type DiskState = (typeof DISK_STATES)[number];

/** The state as it is shown. */
export interface DiskCondition {
  readonly state: DiskState;
  readonly reason?: string;
  readonly since: EpochMs;
}

/** What has been learnt of one disk. Each finding stands by itself; the worst of them is the state. */
export interface DiskStatus {
  readonly condition: DiskCondition;
  /** Out of use, until the medium comes back or another takes its place. */
  readonly failed?: string;
  /** The medium or its filesystem refused a write: what was acknowledged before may be gone, so it gets no more. */
  readonly unwritable?: string;
  /** A new medium that holds nothing yet. */
  readonly replaced?: string;
  /** Operations are under way that do not end. Nothing more is sent there but a probe now and then. */
  readonly hung?: string;
  readonly slow?: string;
  /** What its own electronics say, and what they said first of this medium. */
  readonly ailing?: HealthFinding;
  readonly firstVitals?: DiskVitals;
  /** What was said before is of another medium, or was answered for. */
  readonly vitalsCountFrom?: EpochMs;
  readonly readErrorsInRow: number;
  /** The last ones, oldest first. */
  readonly readErrors: readonly ReadError[];
  /** Latencies that speak against what is thought of the disk: windows in succession, and how long they were together. */
  readonly contraryWindows: number;
  readonly contraryFor: Milliseconds;
}

interface ReadError {
  readonly at: EpochMs;
  readonly path: string;
}

export type DiskEvent =
  | {
      readonly kind: 'io-error';
      readonly operation: 'read' | 'write';
      readonly errno: string;
      readonly path: string;
    }
  | { readonly kind: 'read-answered' }
  /** One window of latencies has ended; the other disks of the tier are the measure. */
  | ({ readonly kind: 'latency' } & LatencyComparison)
  | { readonly kind: 'hung'; readonly duration: Milliseconds }
  | { readonly kind: 'answered' }
  /** The disk is not where it was, or is another; or the agent gives it up. */
  | { readonly kind: 'withdrawn'; readonly reason: string }
  /** The same medium is there again. */
  | { readonly kind: 'returned' }
  /** The operator answers for the medium that is there. */
  | { readonly kind: 'reinstated' }
  /** The operator has put a blank one in its place. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'filled' }
  | { readonly kind: 'health'; readonly vitals: DiskVitals };

/**
 * Read errors after which a disk is out. Source: research "appliance", section 3.3; Apache Traffic Server takes a disk
 * out after five failed operations in succession.
 */
export const READ_ERRORS_IN_ROW_MAX = 5;
export const READ_ERRORS_MAX = 20;
export const READ_ERRORS_WITHIN = seconds(600);
/** A bad sector in a file that many ask for condemns no disk before it is repaired. Assumption. */
export const SAME_FILE_COUNTS_AFTER = seconds(60);
/** Assumption: a controller's resets take less; a person who watches would have pulled it by then. */
export const HUNG_MAX = seconds(180);
/** Source: research "appliance", section 3.3: ten times the median, for 60 s. It ends at half of that. */
export const LATENCY_RATIO_SLOW = 10;
export const LATENCY_RATIO_CALM = 5;
export const CONTRARY_MIN = seconds(60);
/** A window of a disk that is read seldom lasts longer than that, and two slow reads in it may be chance. Assumption. */
export const CONTRARY_WINDOWS_MIN = 2;

/** The medium or the device itself is gone, on Linux and FreeBSD; no other operation will do better. */
const GONE = new Set(['ENXIO', 'ENODEV', 'ESTALE', 'ENOTCONN', 'EUCLEAN']);
/** The medium or its filesystem refuses. `EROFS`: the filesystem has made itself read-only after an error. */
const REFUSED = new Set(['EIO', 'EROFS']);

/** Whether a failure speaks of the medium, and not of a file or of the program. */
export const isMediumFailure = (errno: string): boolean => GONE.has(errno) || REFUSED.has(errno);

export const newDiskStatus = (now: EpochMs): DiskStatus => ({
  condition: { state: 'healthy', since: now },
  readErrorsInRow: 0,
  readErrors: [],
  contraryWindows: 0,
  contraryFor: milliseconds(0),
});

/**
 * What is known of a disk after an event. A disk that has failed stays so, whatever happens, until its medium has
 * returned or been replaced, or the operator answers for it; a failed write is never tried again. Source of the rules:
 * research "appliance", section 3.3.
 */
export function learn(status: DiskStatus, event: DiskEvent, now: EpochMs): DiskStatus {
  const learnt = LESSONS[event.kind](status, event as never, now);
  if (learnt === status) return status;
  const { state, reason } = worst(learnt);
  const { condition } = status;
  if (state === condition.state && reason === condition.reason) return { ...learnt, condition };
  const since = state === condition.state ? condition.since : now;
  return { ...learnt, condition: { state, since, ...(reason === undefined ? {} : { reason }) } };
}

/** Assets may be read from it. One that hangs sheds by itself. */
export const isReadable = ({ failed }: DiskStatus): boolean => failed === undefined;

/** It may be told to write. */
export const takesWrites = ({ failed, unwritable }: DiskStatus): boolean =>
  failed === undefined && unwritable === undefined;

/** Something new may be placed on it. */
export const isPlaceable = (status: DiskStatus): boolean =>
  takesWrites(status) &&
  status.hung === undefined &&
  status.slow === undefined &&
  status.ailing?.advice !== 'drain';

type Lesson<Kind> = (
  status: DiskStatus,
  event: Extract<DiskEvent, { kind: Kind }>,
  now: EpochMs,
) => DiskStatus;

const LESSONS: { readonly [Kind in DiskEvent['kind']]: Lesson<Kind> } = {
  'io-error': (status, { operation, errno, path }, now) => {
    if (GONE.has(errno)) return fail(status, `${errno} on ${operation}`);
    if (!REFUSED.has(errno)) return status;
    if (operation === 'write')
      return { ...status, unwritable: status.unwritable ?? `${errno} on write` };
    return countReadError(status, errno, { at: now, path });
  },
  'read-answered': (status) =>
    status.readErrorsInRow === 0 ? status : { ...status, readErrorsInRow: 0 },
  latency: (status, { percentile, latency, medianOfOthers, duration }) => {
    const limit = medianOfOthers * (status.slow ? LATENCY_RATIO_CALM : LATENCY_RATIO_SLOW);
    const isOver = latency > limit;
    const isContrary = isOver === (status.slow === undefined);
    const contraryWindows = isContrary ? status.contraryWindows + 1 : 0;
    const contraryFor = milliseconds(isContrary ? status.contraryFor + duration : 0);
    if (contraryWindows < CONTRARY_WINDOWS_MIN || contraryFor < CONTRARY_MIN)
      return { ...status, contraryWindows, contraryFor };
    const slow = isOver
      ? `p${percentile} of reads ${latency} ms, the others' median ${medianOfOthers} ms`
      : undefined;
    return optional({ ...status, ...NOTHING_CONTRARY }, 'slow', slow);
  },
  hung: (status, { duration }) => {
    const text = `hung: no answer for ${Math.floor(duration / 1000)} s`;
    if (duration >= HUNG_MAX) return fail(status, text);
    return status.hung ? status : { ...status, hung: 'hung: it does not answer' };
  },
  answered: (status) => (status.hung ? optional(status, 'hung', undefined) : status),
  withdrawn: (status, { reason }) => ({ ...status, failed: reason }),
  returned: (status, _event, now) =>
    optional(forgetful(status, now), 'firstVitals', status.firstVitals),
  reinstated: (status, _event, now) => ({ ...forgetful(status, now), vitalsCountFrom: now }),
  replaced: (status, _event, now) => ({
    ...forgetful(status, now),
    vitalsCountFrom: now,
    replaced: 'a new disk, not filled yet',
  }),
  filled: (status) => (status.replaced ? optional(status, 'replaced', undefined) : status),
  health: (status, { vitals }) => {
    const firstVitals = status.firstVitals ?? vitals;
    const finding = judgeHealth(vitals, firstVitals);
    const isKnown =
      finding?.reason === status.ailing?.reason && finding?.advice === status.ailing?.advice;
    if (isKnown && status.firstVitals) return status;
    return optional({ ...status, firstVitals }, 'ailing', finding);
  },
};

const NOTHING_CONTRARY = { contraryWindows: 0, contraryFor: milliseconds(0) };

/** Nothing of what was learnt but how it looks to the outside, which the event decides anew. */
const forgetful = ({ condition }: DiskStatus, now: EpochMs): DiskStatus => ({
  ...newDiskStatus(now),
  condition,
});

/** The first cause stays the reason. */
const fail = (status: DiskStatus, reason: string): DiskStatus =>
  status.failed === undefined ? { ...status, failed: reason } : status;

/** Cost: as many steps as errors are kept. */
function countReadError(status: DiskStatus, errno: string, error: ReadError): DiskStatus {
  const recent = status.readErrors.filter(({ at }) => elapsed(at, error.at) <= READ_ERRORS_WITHIN);
  const isKnown = recent.some(
    ({ at, path }) => path === error.path && elapsed(at, error.at) < SAME_FILE_COUNTS_AFTER,
  );
  if (isKnown) return status;
  const readErrors = [...recent, error].slice(-READ_ERRORS_MAX);
  const readErrorsInRow = status.readErrorsInRow + 1;
  const counted = { ...status, readErrorsInRow, readErrors };
  if (readErrorsInRow >= READ_ERRORS_IN_ROW_MAX)
    return fail(counted, `${errno} on ${readErrorsInRow} reads in a row`);
  if (readErrors.length >= READ_ERRORS_MAX)
    return fail(counted, `${errno} on ${READ_ERRORS_MAX} reads within 10 minutes`);
  return counted;
}

function worst(status: DiskStatus): { readonly state: DiskState; readonly reason?: string } {
  const { failed, replaced, unwritable, ailing, hung, slow } = status;
  if (failed !== undefined) return { state: 'failed', reason: failed };
  if (unwritable !== undefined) return { state: 'read-only', reason: unwritable };
  if (ailing?.advice === 'drain') return { state: 'read-only', reason: ailing.reason };
  if (replaced !== undefined) return { state: 'replaced', reason: replaced };
  const reason = hung ?? slow ?? ailing?.reason;
  return reason === undefined ? { state: 'healthy' } : { state: 'slow', reason };
}

function optional<Key extends 'slow' | 'hung' | 'replaced' | 'ailing' | 'firstVitals'>(
  status: DiskStatus,
  key: Key,
  value: DiskStatus[Key],
): DiskStatus {
  const { [key]: _before, ...rest } = status;
  return (value === undefined ? rest : { ...rest, [key]: value }) as DiskStatus;
}
