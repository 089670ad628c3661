import type { Observation } from './observation.ts';
import type { PlayerPage } from './player-page.ts';
import { until } from './until.ts';

/** Watches the page until `holds`, and returns what was seen then; a failure tells what was seen last. */
export async function observeUntil(
  page: PlayerPage,
  holds: (seen: Observation) => boolean,
  { deadlineMs, what }: { deadlineMs: number; what: string },
): Promise<Observation> {
  let seen = await page.observe();
  const look = async () => {
    seen = await page.observe();
    return holds(seen);
  };
  try {
    await until(look, { deadlineMs, what });
  } catch (error) {
    throw new Error(`${(error as Error).message}; last seen: ${JSON.stringify(seen)}`);
  }
  return seen;
}
