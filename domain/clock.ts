import type { EpochMs, Milliseconds } from './units.ts';

/** Time as an argument: production reads the wall clock, tests and the simulator turn it by hand. */
export interface Clock {
  now(): EpochMs;
  /** Resolves after `duration`, or at once when `signal` aborts. Never rejects. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>;
}
