import { setTimeout as sleep } from 'node:timers/promises';
import { CdnError } from '#domain/errors.ts';
import type { Milliseconds } from '#domain/units.ts';

/** What `work` answers, or CdnError `upstream-timeout` when it takes longer. The work itself goes on unheard. */
export async function within<T>(limit: Milliseconds, work: Promise<T>): Promise<T> {
  const waiting = new AbortController();
  const late = sleep(limit, undefined, { signal: waiting.signal }).then(() => {
    throw new CdnError('upstream-timeout', `expected an answer within ${limit} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    waiting.abort();
  }
}
