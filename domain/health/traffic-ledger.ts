import { type EpochMs, elapsed, type Milliseconds, milliseconds } from '../units.ts';

/** What an OCA counts since its agent started. */
export interface TrafficCounters {
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  readonly sentBytes: number;
}

/** The counters of one report. */
export interface TrafficReading {
  readonly bootId: string;
  /** From 1 within a boot. */
  readonly sequence: number;
  readonly counters: TrafficCounters;
}

/** What an OCA's counters gained in an interval. */
export interface TrafficInterval {
  readonly counters: TrafficCounters;
  readonly duration: Milliseconds;
  readonly endedAt: EpochMs;
}

/**
 * How far the counters of one OCA have been told as metrics. They start again with every boot:
 *
 *     told ─────┐ told ────┐                    ┌──── told
 *     boot A ───┴──────────┴────── (lost) │ boot B ───┴─────
 *                          └── owed ──────┘  told with B's first
 */
export interface TrafficLedger {
  readonly bootId: string;
  /** The counters of this boot up to where they have been told. */
  readonly toldTo: TrafficCounters;
  /** Gained by boots that have ended, and not told yet. */
  readonly owed: TrafficCounters;
  readonly toldAt: EpochMs;
  /** Boots that a newer one followed. One that reports again (two agents with one name) is not counted twice. */
  readonly endedBootIds: readonly string[];
  /** What was told last. */
  readonly last?: TrafficInterval;
}

export interface LedgerStep {
  /** To be kept in place of the ledger before. */
  readonly ledger: TrafficLedger;
  /** To be told, once the ledger is kept. */
  readonly told?: TrafficInterval;
}

export const NO_TRAFFIC: TrafficCounters = {
  requests: 0,
  hits: 0,
  misses: 0,
  clientErrors: 0,
  serverErrors: 0,
  sentBytes: 0,
};

/** CloudWatch's finest period for metrics that are kept for weeks. Source: CloudWatch User Guide, "Metrics retention". */
const TOLD_EVERY_MS = 60_000;
const ENDED_BOOTS_MAX = 8;

/**
 * Takes a newer reading into the ledger; undefined while there is nothing to note. Nothing is ever told twice, and what
 * was counted up to the last reading of a boot is told once. `previous` is the reading before this one. `phase` spreads
 * a fleet over the minute.
 */
export function tellTraffic(options: {
  readonly ledger: TrafficLedger | undefined;
  readonly previous: TrafficReading | undefined;
  readonly reading: TrafficReading;
  readonly now: EpochMs;
  readonly phase: Milliseconds;
}): LedgerStep | undefined {
  const { ledger, reading, now, phase } = options;
  if (!ledger) return { ledger: openLedger(reading, now) };
  if (ledger.endedBootIds.includes(reading.bootId)) return undefined;
  const current = reading.bootId === ledger.bootId ? ledger : nextBoot(ledger, options);
  if (minuteOf(now, phase) > minuteOf(ledger.toldAt, phase)) return tell(current, reading, now);
  return current === ledger ? undefined : { ledger: current };
}

/** Of a boot that had reported before we first heard of it nobody knows what was told: counting begins here. */
const openLedger = ({ bootId, sequence, counters }: TrafficReading, now: EpochMs) => ({
  bootId,
  toldTo: sequence === 1 ? NO_TRAFFIC : counters,
  owed: NO_TRAFFIC,
  toldAt: now,
  endedBootIds: [],
});

function nextBoot(
  ledger: TrafficLedger,
  { previous, reading }: { previous: TrafficReading | undefined; reading: TrafficReading },
): TrafficLedger {
  const isLastOfBoot = previous?.bootId === ledger.bootId;
  const tail = isLastOfBoot ? gain(previous.counters, ledger.toldTo) : NO_TRAFFIC;
  return {
    ...ledger,
    bootId: reading.bootId,
    toldTo: NO_TRAFFIC,
    owed: sum(ledger.owed, tail),
    endedBootIds: [ledger.bootId, ...ledger.endedBootIds].slice(0, ENDED_BOOTS_MAX),
  };
}

function tell(ledger: TrafficLedger, { counters }: TrafficReading, now: EpochMs): LedgerStep {
  const told: TrafficInterval = {
    counters: sum(ledger.owed, gain(counters, ledger.toldTo)),
    duration: elapsed(ledger.toldAt, now),
    endedAt: now,
  };
  const toldTo = combine(counters, ledger.toldTo, Math.max);
  return { ledger: { ...ledger, toldTo, owed: NO_TRAFFIC, toldAt: now, last: told }, told };
}

const minuteOf = (at: EpochMs, phase: Milliseconds): number =>
  Math.floor((at + phase) / TOLD_EVERY_MS);

/** Where in the minute an OCA is told of, from a number that is its own. */
export const phaseOf = (seed: number): Milliseconds => milliseconds(seed % TOLD_EVERY_MS);

/** Never negative: a counter that goes back within a boot is wrong, and gains nothing until it is past where it was. */
const gain = (now: TrafficCounters, before: TrafficCounters): TrafficCounters =>
  combine(now, before, (value, earlier) => Math.max(0, value - earlier));

export const sum = (one: TrafficCounters, other: TrafficCounters): TrafficCounters =>
  combine(one, other, (value, more) => value + more);

function combine(
  one: TrafficCounters,
  other: TrafficCounters,
  join: (one: number, other: number) => number,
): TrafficCounters {
  const of = (name: keyof TrafficCounters) => join(one[name], other[name]);
  return {
    requests: of('requests'),
    hits: of('hits'),
    misses: of('misses'),
    clientErrors: of('clientErrors'),
    serverErrors: of('serverErrors'),
    sentBytes: of('sentBytes'),
  };
}
