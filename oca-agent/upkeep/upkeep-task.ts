/** Work on the store that nobody waits for: eviction to the watermark, repair, parity, moves, scrub. */
export interface UpkeepTask {
  /** Names it in logs and in `oca status`. */
  readonly name: string;
  /** Does one bounded piece of work. True: there is more to do now. */
  step(signal: AbortSignal): Promise<boolean>;
}
