import type { Clock } from '#domain/clock.ts';
import { seconds } from '#domain/units.ts';

/** Source: the limit of an hdd, disk-gate.ts. */
const ANSWER_MAX = seconds(15);

/** What a disk answers; undefined when it does not within 15 s: then it hangs, and whoever asked goes on. */
export async function answerInTime<T>(clock: Clock, answer: Promise<T>): Promise<T | undefined> {
  const answered = new AbortController();
  const late = clock.sleep(ANSWER_MAX, answered.signal).then(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort();
  }
}
