import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  NO_TRAFFIC,
  phaseOf,
  sum,
  type TrafficCounters,
  type TrafficLedger,
  type TrafficReading,
  tellTraffic,
} from '#domain/health/traffic-ledger.ts';
import { epochMs, milliseconds } from '#domain/units.ts';

const START = 1_800_000_000_000;
const NAMES = Object.keys(NO_TRAFFIC) as (keyof TrafficCounters)[];
const counters = (requests: number): TrafficCounters => ({ ...NO_TRAFFIC, requests });
const reading = (bootId: string, sequence: number, requests: number): TrafficReading => ({
  bootId,
  sequence,
  counters: counters(requests),
});

/** The control plane's side: keeps the newest reading and the ledger, as the health table does. */
class Ingest {
  told: TrafficCounters[] = [];
  toldAt: number[] = [];
  #ledger: TrafficLedger | undefined;
  #previous: TrafficReading | undefined;
  readonly #phase;

  constructor(phase = 0) {
    this.#phase = milliseconds(phase);
  }

  take(next: TrafficReading, seconds: number): void {
    const now = epochMs(START + seconds * 1000);
    const step = tellTraffic({
      ledger: this.#ledger,
      previous: this.#previous,
      reading: next,
      now,
      phase: this.#phase,
    });
    this.#previous = next;
    if (!step) return;
    this.#ledger = step.ledger;
    if (!step.told) return;
    this.told.push(step.told.counters);
    this.toldAt.push(seconds);
  }

  get total(): TrafficCounters {
    return this.told.reduce(sum, NO_TRAFFIC);
  }
}

test('counters are told once a minute, as what they gained', () => {
  const ingest = new Ingest();
  for (let beat = 0; beat <= 90; beat += 1)
    ingest.take(reading('a', beat + 1, beat * 10), beat * 2);
  expect(ingest.toldAt).toEqual([60, 120, 180]);
  expect(ingest.told.map(({ requests }) => requests)).toEqual([300, 300, 300]);
});

test('the phase spreads OCAs over the minute', () => {
  const ingest = new Ingest(phaseOf(2 ** 32 - 1));
  for (let beat = 0; beat <= 90; beat += 1) ingest.take(reading('a', beat + 1, beat), beat * 2);
  expect(ingest.toldAt).toEqual([14, 74, 134]);
});

test('an OCA that was counting before it was heard of is counted from then on', () => {
  const ingest = new Ingest();
  ingest.take(reading('a', 500, 1_000_000), 0);
  ingest.take(reading('a', 530, 1_000_007), 60);
  expect(ingest.total.requests).toBe(7);
});

test('what a boot counted before it ended is told with the next boot', () => {
  const ingest = new Ingest();
  ingest.take(reading('a', 1, 5), 0);
  ingest.take(reading('a', 2, 8), 2);
  ingest.take(reading('b', 1, 2), 30);
  expect(ingest.told).toEqual([]);
  ingest.take(reading('b', 20, 4), 62);
  expect(ingest.total.requests).toBe(8 + 4);
});

test('a boot that has ended is not counted again, should a second agent have its name', () => {
  const ingest = new Ingest();
  ingest.take(reading('a', 1, 5), 0);
  ingest.take(reading('b', 1, 1), 2);
  ingest.take(reading('a', 2, 6), 64);
  ingest.take(reading('b', 2, 3), 130);
  expect(ingest.total.requests).toBe(5 + 3);
});

test('a counter that goes back gains nothing until it is past where it was', () => {
  const ingest = new Ingest();
  ingest.take(reading('a', 1, 10), 0);
  ingest.take(reading('a', 2, 100), 60);
  ingest.take(reading('a', 3, 40), 120);
  ingest.take(reading('a', 4, 103), 180);
  expect(ingest.told.map(({ requests }) => requests)).toEqual([100, 0, 3]);
});

const gain = fc.record(
  Object.fromEntries(NAMES.map((name) => [name, fc.nat(1000)])) as Record<
    keyof TrafficCounters,
    fc.Arbitrary<number>
  >,
);
const beat = fc.record({
  gain,
  seconds: fc.integer({ min: 1, max: 100 }),
  isLost: fc.boolean(),
  isBoot: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
});

type Beat = typeof beat extends fc.Arbitrary<infer B> ? B : never;

/** Plays a life of boots and lost reports; a minute after its end the last count is told as well. */
function play(ingest: Ingest, beats: readonly Beat[]): TrafficCounters {
  let [boot, sequence, seconds] = [0, 0, 0];
  let counted = NO_TRAFFIC;
  let heard = NO_TRAFFIC;
  let ofEndedBoots = NO_TRAFFIC;
  const report = () => {
    heard = counted;
    ingest.take({ bootId: `boot-${boot}`, sequence, counters: counted }, seconds);
  };
  for (const { gain: more, isLost, isBoot, seconds: pause } of beats) {
    if (isBoot) {
      ofEndedBoots = sum(ofEndedBoots, heard);
      [boot, sequence] = [boot + 1, 0];
      [counted, heard] = [NO_TRAFFIC, NO_TRAFFIC];
    }
    [sequence, seconds] = [sequence + 1, seconds + pause];
    counted = sum(counted, more);
    // Counting begins with the very first report.
    if (!isLost || seconds === pause) report();
  }
  [sequence, seconds] = [sequence + 1, seconds + 61];
  if (beats.length > 0) report();
  return sum(ofEndedBoots, heard);
}

test('however reports are lost and agents start again: told is what was counted, never twice, never negative', () => {
  fc.assert(
    fc.property(fc.array(beat, { maxLength: 60 }), fc.nat(59_999), (beats, phase) => {
      const ingest = new Ingest(phase);
      expect(play(ingest, [...beats])).toEqual(ingest.total);
      const values = ingest.told.flatMap((told) => NAMES.map((name) => told[name]));
      expect(values.filter((told) => told < 0)).toEqual([]);
      const minutes = ingest.toldAt.map((at) => Math.floor((START + at * 1000 + phase) / 60_000));
      expect(new Set(minutes).size).toBe(minutes.length);
    }),
    { seed: 20_261_123, numRuns: 300 },
  );
});
