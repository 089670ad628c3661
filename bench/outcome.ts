/** One benchmark's outcome: rows for people, and the same as JSON for machines. */
export interface BenchmarkOutcome {
  readonly benchmark: string;
  readonly rows: readonly Record<string, string | number>[];
  /** Claims that were checked and do not hold. */
  readonly failures?: readonly string[];
}
