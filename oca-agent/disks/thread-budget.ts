import type { Tier } from '#protocol/fields.ts';
import { GATE_LIMITS } from './disk-gate.ts';

/** For everything that is no disk: name look-ups, the state directory, hashes. Source: research "appliance", section 3.3. */
const OTHER_THREADS = 16;
/** Source: libuv, "Thread pool work scheduling". */
export const THREADS_MAX = 1024;

/** Threads of libuv's pool with which every disk may hang and the rest goes on: what the gates let through, a probe each, and 16. */
export function threadsNeeded(disks: readonly { readonly tier: Tier }[]): number {
  const gated = disks.reduce((sum, { tier }) => sum + GATE_LIMITS[tier].inFlightMax + 1, 0);
  return Math.min(THREADS_MAX, gated + OTHER_THREADS);
}
