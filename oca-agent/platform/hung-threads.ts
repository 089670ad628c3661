import { setTimeout as delay } from 'node:timers/promises';

/** Work of libuv's pool, and answers of worker threads that somebody waits for. Source: Node, `process.getActiveResourcesInfo`. */
const OF_THREADS = /^(?:FSReq|GetAddrInfoReq|GetNameInfoReq|MessagePort)/;
const ENDING_MAX_MS = 300;
const LOOK_EVERY_MS = 20;

/**
 * For the very end of the process. Node waits on its way out for every thread, and one whose disk hangs does not come
 * back: then the process ends here as by a signal that nobody handles, SIGTERM for a success and SIGKILL for a failure.
 * Returns when no thread is at work.
 */
export async function leaveHungThreads(exitCode: number): Promise<void> {
  const isAnyAtWork = () => areThreadsAtWork(process.getActiveResourcesInfo());
  for (let waitedMs = 0; isAnyAtWork(); waitedMs += LOOK_EVERY_MS) {
    if (waitedMs >= ENDING_MAX_MS) endBy(exitCode === 0 ? 'SIGTERM' : 'SIGKILL');
    await delay(LOOK_EVERY_MS);
  }
}

export const areThreadsAtWork = (activeResources: readonly string[]): boolean =>
  activeResources.some((resource) => OF_THREADS.test(resource));

function endBy(signal: 'SIGTERM' | 'SIGKILL'): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
