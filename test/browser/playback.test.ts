import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startChromium, type TestBrowser } from './support/chromium.ts';
import { type LocalSystem, startLocalSystem } from './support/local-system.ts';
import { type Observation, PLAYERS } from './support/observation.ts';
import { observeUntil } from './support/observe-until.ts';
import { type PlayerSite, startPlayerSite } from './support/player-page.ts';

const TITLE_ID = 'city-at-night';
/** Faster than life, to the true end all the same. */
const PLAYBACK_RATE = 6;
const TEST_TIMEOUT_MS = 60_000;

let system: LocalSystem;
let browser: TestBrowser;
let site: PlayerSite;

beforeAll(async () => {
  system = await startLocalSystem();
  browser = await startChromium();
  site = await startPlayerSite();
  await system.restoreOcas();
}, 120_000);

afterAll(async () => {
  site?.close();
  await browser?.close();
  await system?.stop();
}, 30_000);

for (const player of PLAYERS) {
  test(
    `${player} plays the title to its end, from an OCA`,
    async () => {
      const page = await site.open(browser.context);
      await page.drive({
        playUrl: system.origin,
        player,
        titleId: TITLE_ID,
        playbackRate: PLAYBACK_RATE,
      });
      const isOver = ({ hasEnded, errors }: Observation) => hasEnded || errors.length > 0;
      const seen = await observeUntil(page, isOver, {
        deadlineMs: TEST_TIMEOUT_MS - 10_000,
        what: 'the end',
      });
      await page.close();

      expect(seen.errors).toEqual([]);
      expect(seen.hasEnded).toBe(true);
      expect(seen.duration).toBeGreaterThan(60);
      expect(seen.duration - seen.currentTime).toBeLessThan(0.2);
      expect(seen.framesDecoded).toBeGreaterThan(0);
      expect(seen.pictureWidth).toBeGreaterThan(0);
      expect(seen.bytesByLayer.oca).toBeGreaterThan(1_000_000);
      expect(seen.failures).toBe(0);
    },
    TEST_TIMEOUT_MS,
  );
}
