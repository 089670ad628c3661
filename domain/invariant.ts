/** A broken assumption of ours, never of a caller's input: it crashes rather than carries on. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** @throws InvariantError when `condition` does not hold. */
export function invariant(condition: unknown, assumption: string): asserts condition {
  if (!condition) throw new InvariantError(`broken assumption: ${assumption}`);
}
