import { FAULTS } from './http-server-limits.ts';

/** What a client may do that costs us and brings it nothing: a bucket of tokens, full at first. */
export class FaultAllowance {
  #left: number = FAULTS.burst;
  #countedAtMs: number;

  constructor(nowMs: number) {
    this.#countedAtMs = nowMs;
  }

  /** False: the client has had its share. */
  take(nowMs: number): boolean {
    const regained = ((nowMs - this.#countedAtMs) / 1000) * FAULTS.perSecond;
    this.#left = Math.min(FAULTS.burst, this.#left + regained) - 1;
    this.#countedAtMs = nowMs;
    return this.#left >= 0;
  }
}
