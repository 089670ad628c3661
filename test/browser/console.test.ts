import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { startChromium, type TestBrowser } from './support/chromium.ts';
import { type ConsolePage, openConsole } from './support/console-page.ts';
import { measureContrasts } from './support/contrast.ts';
import { type LocalSystem, startLocalSystem } from './support/local-system.ts';
import { until } from './support/until.ts';

const TEST_TIMEOUT_MS = 90_000;
const EFFECT_DEADLINE_MS = 30_000;
const LAYOUT_SHIFT_MAX = 0.02;
/** WCAG 2.2, success criterion 1.4.3. */
const CONTRAST_MIN = 4.5;
const SCREENSHOT_BYTES_MAX = 400_000;
/** A shot with much sky, which compresses well. */
const SCREENSHOT_AT_SECONDS = 22;
const SCREENSHOT_SIZE = { width: 1100, height: 1000 };
const UPDATES_DOCS = process.env.UPDATE_SCREENSHOTS === '1';

let system: LocalSystem;
let browser: TestBrowser;
let console_: ConsolePage;
let page: Page;
let screenshots = '';

beforeAll(async () => {
  screenshots = UPDATES_DOCS
    ? join(import.meta.dirname, '..', '..', 'docs', 'images')
    : await mkdtemp(join(tmpdir(), 'console-screenshots-'));
  await mkdir(screenshots, { recursive: true });
  system = await startLocalSystem();
  browser = await startChromium();
  await system.restoreOcas();
  console_ = await openConsole(browser.context, system.origin);
  page = console_.page;
}, 150_000);

afterAll(async () => {
  await browser?.close();
  await system?.stop();
  if (!UPDATES_DOCS) await rm(screenshots, { recursive: true, force: true });
}, 30_000);

const position = () => page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
const bytesOf = async (layer: string) =>
  (await page.locator(`[data-layer="${layer}"] .muted`).textContent()) ?? '';
const pathwayInUse = () => page.getByTestId('pathway-in-use').textContent();
const stateOf = (ocaId: string) =>
  page.locator(`[data-oca="${ocaId}"] .card-note .state-text`).textContent();

const eventually = (what: string, holds: () => Promise<boolean>) =>
  until(holds, { deadlineMs: EFFECT_DEADLINE_MS, what });

/** Operates a button as a keyboard user does, once it can be. */
async function press(name: string, key = 'Enter'): Promise<void> {
  const button = page.getByRole('button', { name, exact: true });
  await eventually(`${name} to be ready`, async () => {
    return (await button.getAttribute('aria-disabled')) !== 'true';
  });
  await button.focus();
  await page.keyboard.press(key);
}

const transitionsEnd = () =>
  page.evaluate(async () => {
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
  });

const choiceLosesFocus = () =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());

/** Moves the playhead. */
const seek = (seconds: number) =>
  page.evaluate((target) => {
    const video = document.querySelector('video');
    if (video) video.currentTime = target;
  }, seconds);

async function playsOn(): Promise<void> {
  const from = await position();
  await eventually('playback to move on', async () => (await position()) > from + 1);
}

test(
  'the title plays, and the bytes of each layer are counted',
  async () => {
    await eventually('playback', async () => (await position()) > 2);
    await eventually('OCA bytes', async () => /[1-9]/.test(await bytesOf('oca')));
    expect(await bytesOf('oca')).toMatch(/^[\d.]+ [kM]B, \d+ requests?$/);
    expect(await page.locator('.strip-bar.fill-oca').count()).toBeGreaterThan(0);
    expect(await page.locator('.channel.stroke-oca').count()).toBeGreaterThan(0);
    const ranked = page.locator('.pathway:not(.is-dropped)');
    expect(await ranked.count()).toBe(4);
    expect(await ranked.last().getAttribute('data-pathway')).toBe('cloudfront');
  },
  TEST_TIMEOUT_MS,
);

test('the page does not jump while it loads and plays', async () => {
  expect(await console_.layoutShift()).toBeLessThan(LAYOUT_SHIFT_MAX);
});

test('controls have names, landmarks and headings are there, and the title has a language', async () => {
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  expect(await page.getByRole('main').count()).toBe(1);
  expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
  for (const name of ['Player', 'Where bytes come from', 'Fleet', 'Steering', 'Events']) {
    expect(await page.getByRole('region', { name, exact: true }).count()).toBe(1);
  }
  expect(await console_.unnamedControls()).toEqual([]);
});

test('a control that has the keyboard’s focus shows it', async () => {
  await page.getByRole('button', { name: 'Run fill' }).focus();
  await page.keyboard.press('Tab');
  const outline = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement ?? document.body);
    return { width: Number.parseFloat(style.outlineWidth), line: style.outlineStyle };
  });
  expect(outline).toEqual({ width: 2, line: 'solid' });
});

for (const theme of ['dark', 'light'] as const) {
  test(
    `the ${theme} theme is chosen by keyboard, and its text can be read`,
    async () => {
      await chooseTheme(theme);
      expect(await page.locator('html').getAttribute('data-theme')).toBe(theme);
      await transitionsEnd();
      const poor = (await measureContrasts(page)).filter(({ ratio }) => ratio < CONTRAST_MIN);
      expect(poor).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
}

test(
  'at a phone’s width nothing is wider than the page',
  async () => {
    await page.setViewportSize({ width: 375, height: 800 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(overflow).toBeLessThanOrEqual(0);
  },
  TEST_TIMEOUT_MS,
);

test(
  'requests can be read one by one with the arrow keys, and as a table',
  async () => {
    const strip = page.getByRole('slider', { name: /requests/ });
    await strip.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await strip.getAttribute('aria-valuetext')).toMatch(/^#\d+ \S+: .* from /);
    await page.locator('summary').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('table').waitFor();
    expect(await page.getByRole('row').count()).toBeGreaterThan(2);
    await page.locator('summary').focus();
    await page.keyboard.press('Enter');
  },
  TEST_TIMEOUT_MS,
);

for (const [player, pattern] of [
  ['hls.js', /hls-host/],
  ['Shaka DASH', /shaka-host/],
  ['Shaka HLS', /shaka-host/],
  ['dash.js', /dash-host/],
] as const) {
  test(
    `${player} takes over where the last player was, without loading the page again`,
    async () => {
      const before = await position();
      const choice = page.getByRole('radio', { name: player });
      await choice.focus();
      await page.keyboard.press('Space');
      expect(await choice.isChecked()).toBe(true);
      await eventually(`${player} to play on`, async () => {
        const now = await position();
        return now > before + 1 || (before > 55 && now > 1 && now < before);
      });
      expect(console_.requests().some((url) => pattern.test(url))).toBe(true);
      expect(console_.navigations()).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );
}

test(
  'an OCA is drained and undrained, and steering drops it meanwhile',
  async () => {
    await press('Drain exchange-1');
    await eventually('the drain', async () => (await stateOf('exchange-1')) === 'Draining');
    await page.locator('.is-dropped[data-pathway="exchange-1"]').waitFor();
    await press('Undrain exchange-1', 'Space');
    await eventually('the undrain', async () => (await stateOf('exchange-1')) === 'In service');
  },
  TEST_TIMEOUT_MS,
);

test(
  'the OCA in use is stopped, playback goes on from another one, and the OCA is started again',
  async () => {
    const first = (await pathwayInUse()) ?? '';
    await press(`Stop ${first}`);
    await eventually('the stop', async () => (await stateOf(first)) === 'Stopped');
    await seek((await position()) > 30 ? 0 : 40);
    await eventually('another pathway', async () => (await pathwayInUse()) !== first);
    await playsOn();
    await page.locator('.system-state').getByText('2 of 3 OCAs in service').waitFor();
    await press(`Start ${first}`);
    await eventually('the start', async () => (await stateOf(first)) === 'In service');
    expect(await page.locator('.events').textContent()).toContain(`${first} is in service`);
  },
  TEST_TIMEOUT_MS,
);

test(
  'a fill is run, and is told when its plan is in force',
  async () => {
    await press('Run fill');
    await page.getByText('A new fill plan is in force').waitFor({ timeout: EFFECT_DEADLINE_MS });
  },
  TEST_TIMEOUT_MS,
);

for (const theme of ['dark', 'light'] as const) {
  test(
    `a picture of the page in the ${theme} theme is small enough for the docs`,
    async () => {
      await page.setViewportSize(SCREENSHOT_SIZE);
      await chooseTheme(theme);
      await seek(SCREENSHOT_AT_SECONDS);
      await playsOn();
      await choiceLosesFocus();
      await transitionsEnd();
      const path = join(screenshots, `console-${theme}.png`);
      await page.screenshot({ path });
      expect((await stat(path)).size).toBeLessThan(SCREENSHOT_BYTES_MAX);
    },
    TEST_TIMEOUT_MS,
  );
}

test('nothing was asked of any other machine, and nothing went wrong in the page', () => {
  const hosts = new Set(console_.requests().map((url) => new URL(url).hostname));
  expect([...hosts].filter((host) => host !== '' && !host.startsWith('127.'))).toEqual([]);
  expect(console_.violations()).toEqual([]);
  expect(console_.errors()).toEqual([]);
});

async function chooseTheme(theme: 'dark' | 'light'): Promise<void> {
  const choice = page.getByRole('radio', { name: theme === 'dark' ? 'Dark theme' : 'Light theme' });
  await choice.focus();
  await page.keyboard.press('Space');
}
