import { useEffect, useState } from 'preact/hooks';
import { pageSurroundings } from '../api/page-surroundings.ts';
import { startPolling } from '../api/poll.ts';

export interface Polled<T> {
  /** The newest good answer; it stays when a later call fails. */
  readonly value: T | undefined;
  /** What the last call said, when it failed. */
  readonly error: unknown;
}

const NOTHING_YET = { value: undefined, error: undefined } as const;

/** Polls `load` while the component is mounted; `key` names what is loaded, and a new one starts afresh. */
export function usePoll<T>(
  key: string | undefined,
  intervalMs: number,
  load: (signal: AbortSignal) => Promise<T>,
): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>(NOTHING_YET);
  useEffect(() => {
    if (key === undefined) return;
    const stop = startPolling(
      {
        intervalMs,
        load,
        onValue: (value) => setPolled({ value, error: undefined }),
        onError: (error) => setPolled((last) => ({ ...last, error })),
      },
      pageSurroundings,
    );
    return () => {
      stop();
      setPolled(NOTHING_YET);
    };
  }, [key, intervalMs]);
  return polled;
}
