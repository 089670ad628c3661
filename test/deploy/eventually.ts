import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;

/**
 * Asks until the answer is neither false nor undefined, and returns it.
 * @throws Error when that takes longer than 30 s
 */
export async function eventually<Answer>(
  ask: () => Promise<Answer | undefined | false>,
): Promise<Answer> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`never came true: ${ask}`);
    await delay(POLL_MS);
  }
}
