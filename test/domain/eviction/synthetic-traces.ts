import type { Trace } from '#domain/eviction/replay.ts';
import { type Random, seededRandom } from '#domain/random.ts';

const OBJECT_COUNT = 2000;
const REQUEST_COUNT = 20_000;

/** Sizes from 1 to 50, the same for an object at every request. */
const sizeOf = (id: number): number => 1 + ((id * 2_654_435_761) % 50);

function traceOf(requestCount: number, idAt: (index: number, random: Random) => number): Trace {
  const random = seededRandom(11);
  const drawn = Array.from({ length: requestCount }, (_, index) => idAt(index, random));
  const dense = new Map<number, number>();
  for (const id of drawn) if (!dense.has(id)) dense.set(id, dense.size);
  return {
    ids: Uint32Array.from(drawn, (id) => dense.get(id) as number),
    sizes: Float64Array.from(drawn, sizeOf),
    objectCount: dense.size,
  };
}

/** Zipf of exponent 1 or so, by inversion of its continuous form. */
const zipf = (random: Random): number => Math.floor(OBJECT_COUNT ** random.next());

/** Requests of four kinds, each with another policy at its best. Seeded. */
export const SYNTHETIC_TRACES: Readonly<Record<string, Trace>> = {
  /** Popularity that lasts: frequency is all that counts. */
  lasting: traceOf(REQUEST_COUNT, (_, random) => zipf(random)),
  /** Popularity that moves on by one object every 20 requests. */
  moving: traceOf(REQUEST_COUNT, (index, random) => zipf(random) + Math.floor(index / 20)),
  /** An asset is asked for among the last 200 that were, or is new: recency is all that counts. */
  recent: traceOf(REQUEST_COUNT, (index, random) =>
    random.next() < 0.4 ? index : Math.max(0, index - Math.floor(200 * random.next())),
  ),
  /** Lasting popularity, and every second request one of a pass over the whole catalogue. */
  scanned: traceOf(REQUEST_COUNT, (index, random) =>
    index % 2 === 0 ? zipf(random) : 10_000 + (index % (5 * OBJECT_COUNT)),
  ),
};
