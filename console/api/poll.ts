/** What a poll needs of its surroundings, so that tests can turn time and visibility by hand. */
export interface PollSurroundings {
  isHidden(): boolean;
  /** Calls back after each change of {@link isHidden}; returns how to stop that. */
  onVisibilityChange(listener: () => void): () => void;
  /** Resolves after `durationMs`, or at once when `signal` aborts. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

export interface Poll<T> {
  readonly intervalMs: number;
  load(signal: AbortSignal): Promise<T>;
  onValue(value: T): void;
  onError(error: unknown): void;
}

/**
 * Loads at once and then `intervalMs` after each answer, never two at a time. A hidden page asks nothing; a page that
 * comes into view asks at once.
 */
export function startPolling<T>(poll: Poll<T>, surroundings: PollSurroundings): () => void {
  let round: AbortController | undefined;

  const run = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      await loadOnce(poll, signal);
      await surroundings.sleep(poll.intervalMs, signal);
    }
  };
  const restart = () => {
    round?.abort();
    round = undefined;
    if (surroundings.isHidden()) return;
    round = new AbortController();
    void run(round.signal);
  };
  const unsubscribe = surroundings.onVisibilityChange(restart);
  restart();
  return () => {
    unsubscribe();
    round?.abort();
  };
}

async function loadOnce<T>(poll: Poll<T>, signal: AbortSignal): Promise<void> {
  try {
    const value = await poll.load(signal);
    if (!signal.aborted) poll.onValue(value);
  } catch (error) {
    if (!signal.aborted) poll.onError(error);
  }
}
