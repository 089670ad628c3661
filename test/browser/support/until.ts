import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 100;

/** Waits until `holds`; throws when the deadline passes first. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { deadlineMs, what }: { deadlineMs: number; what: string },
): Promise<void> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > deadlineMs) {
      throw new Error(`waited ${deadlineMs / 1000} s in vain for ${what}`);
    }
    await sleep(POLL_INTERVAL_MS);
  }
}
