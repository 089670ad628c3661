/** A failure by its name in the Amazon States Language, by which it is retried. */
export class StatesError extends Error {
  override readonly name = 'StatesError';
  readonly errorName: string;

  constructor(errorName: string, cause: string) {
    super(cause);
    this.errorName = errorName;
  }
}

/** Mistakes of the definition itself: asking again would not mend them, and no `States.ALL` covers them. */
const NEVER_RETRIED = new Set(['States.Runtime', 'States.ParameterPathFailure']);

/** Whether a retrier's `ErrorEquals` covers the failure. */
export function covers(errorEquals: readonly string[], { errorName }: StatesError): boolean {
  if (errorEquals.includes(errorName)) return true;
  if (NEVER_RETRIED.has(errorName)) return false;
  if (errorEquals.includes('States.ALL')) return true;
  return errorEquals.includes('States.TaskFailed') && errorName !== 'States.Timeout';
}

/** What was thrown, as a failure of the task: services and functions fail in their own ways. */
export const asStatesError = (thrown: unknown): StatesError =>
  thrown instanceof StatesError
    ? thrown
    : new StatesError(
        'States.TaskFailed',
        thrown instanceof Error ? thrown.message : String(thrown),
      );
