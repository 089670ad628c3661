import { useEffect, useState } from 'preact/hooks';
import { pageSurroundings } from '../api/page-surroundings.ts';
import { startPolling } from '../api/poll.ts';

export interface Polled<T> {
  /** The newest good answer; it stays when a later call fails. */
  readonly value: T | undefined;
  /** What the last call said, when it failed. */
  readonly error: unknown;
}

/** Polls `load` while the component is mounted; `key` names what is loaded, and a new one starts afresh. */
export function usePoll<T>(
  key: string | undefined,
  intervalMs: number,
  load: (signal: AbortSignal) => Promise<T>,
): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ value: undefined, error: undefined });
  useEffect(() => {
    if (key === undefined) return;
    return startPolling(
      {
        intervalMs,
        load,
        onValue: (value) => setPolled({ value, error: undefined }),
        onError: (error) => setPolled((last) => ({ ...last, error })),
      },
      pageSurroundings,
    );
  }, [key, intervalMs]);
  return polled;
}
