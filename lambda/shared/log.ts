/** One JSON line an event, e.g. `catalog.refused`. Never a token, a query string or a full client address. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  event: string,
  facts?: Readonly<Record<string, unknown>>,
) => void;

/** Writes lines where Lambda collects them: on standard output. */
export function jsonLog(functionName: string): Log {
  return (level, event, facts = {}) => {
    process.stdout.write(`${JSON.stringify({ level, event, function: functionName, ...facts })}\n`);
  };
}

/** What may be told of something thrown: its name, code and message. */
export function faultOf(thrown: unknown): Readonly<Record<string, unknown>> {
  if (!(thrown instanceof Error)) return { error: String(thrown) };
  const { code } = thrown as { code?: unknown };
  return { error: thrown.name, message: thrown.message, ...(code === undefined ? {} : { code }) };
}
