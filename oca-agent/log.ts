import type { Clock } from '#domain/clock.ts';
import { CdnError, type ErrorCode, errorCodeOf } from '#domain/errors.ts';

/** One event. Names are `<part>.<thing>.<what happened>`; units stand in the keys. Never a token, never a query. */
export type Log = (event: string, facts?: Facts) => void;
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** Events as JSON lines. */
export function jsonLog(clock: Clock, ocaId: string, writeLine: (line: string) => void): Log {
  return (event, facts = {}) => {
    const at = new Date(clock.now()).toISOString();
    writeLine(JSON.stringify({ event, at, ocaId, ...facts }));
  };
}

/** What may be said of something thrown: our own message, or the system's name of the failure. */
export function failureFacts(thrown: unknown): { code: ErrorCode; message: string } {
  const code = errorCodeOf(thrown);
  if (thrown instanceof CdnError) return { code, message: thrown.message };
  const { code: errno, name = 'unknown' } = (thrown ?? {}) as { code?: unknown; name?: string };
  return { code, message: typeof errno === 'string' ? errno : name };
}
