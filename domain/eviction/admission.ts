import { type Bytes, bytes, type EpochMs, type Milliseconds } from '../units.ts';
import { mixed } from './columns.ts';
import { MarkTable } from './mark-table.ts';
import type { EvictionKey } from './policy.ts';

const TICK_MS = 1000;

/**
 * A surprise is admitted at its second request within a time: what nobody asks for twice never gets onto a disk.
 * Source: nginx's `proxy_cache_min_uses` and B. Maggs, R. Sitaraman, "Algorithmic Nuggets in Content Delivery", ACM
 * SIGCOMM CCR 45(3), 2015, section 3: about three quarters of a CDN's objects are asked for once.
 */
export class SecondHitAdmission {
  readonly #firstMisses = new MarkTable();
  readonly #memory: Milliseconds;

  /** @param keyCount first misses remembered at least, 8 bytes each; of more, the oldest are forgotten. */
  constructor(keyCount: number, memory: Milliseconds) {
    this.#firstMisses.reserve(keyCount);
    this.#memory = memory;
  }

  /** Whether this miss is the second one; a first one is remembered. */
  admits(key: EvictionKey, now: EpochMs): boolean {
    const mark = mixed(key);
    const tick = Math.max(1, Math.floor(now / TICK_MS));
    const before = this.#firstMisses.take(mark);
    if (before !== 0 && (tick - before) * TICK_MS <= this.#memory) return true;
    this.#firstMisses.put(mark, tick);
    return false;
  }
}

/** What surprises may take of a disk. The rest belongs to the plan. */
export const surpriseLimitBytes = (usableBytes: Bytes, surpriseShare: number): Bytes =>
  bytes(Math.floor(usableBytes * surpriseShare));

/** The bytes of surprises that must go before one more comes in; undefined when it is larger than their whole share. */
export function surpriseExcessBytes(options: {
  readonly limitBytes: Bytes;
  readonly heldBytes: Bytes;
  readonly sizeBytes: Bytes;
}): Bytes | undefined {
  const { limitBytes, heldBytes, sizeBytes } = options;
  if (sizeBytes > limitBytes) return undefined;
  return bytes(Math.max(0, heldBytes + sizeBytes - limitBytes));
}
