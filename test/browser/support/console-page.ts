import type { BrowserContext, ConsoleMessage, Page } from 'playwright-core';

export interface ConsolePage {
  readonly page: Page;
  requests(): readonly string[];
  navigations(): number;
  /** What the page logged as an error or threw, but for refused connections to a stopped OCA. */
  errors(): readonly string[];
  /** Directives of the content security policy that something broke. */
  violations(): readonly string[];
  /** Sum of the layout shifts so far that no input explains. */
  layoutShift(): Promise<number>;
  /** Focusable controls that a screen reader could not name. */
  unnamedControls(): Promise<string[]>;
}

declare global {
  interface Window {
    layoutShiftSum: number;
    policyViolations: string[];
  }
}

export async function openConsole(context: BrowserContext, origin: string): Promise<ConsolePage> {
  const page = await context.newPage();
  const requests: string[] = [];
  const errors: string[] = [];
  const violations: string[] = [];
  let navigations = 0;
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isRefusedConnection(message)) errors.push(message.text());
  });
  page.on('framenavigated', () => {
    navigations += 1;
  });
  await page.exposeFunction('noteViolation', (directive: string) => violations.push(directive));
  await page.addInitScript(watchPage);
  await page.goto(`${origin}/`);
  return {
    page,
    requests: () => requests,
    navigations: () => navigations,
    errors: () => errors,
    violations: () => violations,
    layoutShift: () => page.evaluate(() => window.layoutShiftSum),
    unnamedControls: () => unnamedControls(page),
  };
}

/** Chromium logs each request that nobody answers; a page cannot keep it from doing so. */
const isRefusedConnection = (message: ConsoleMessage): boolean =>
  /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONTENT_LENGTH_MISMATCH)/.test(
    message.text(),
  );

/** Runs in the page before anything else. */
function watchPage(): void {
  const { noteViolation } = window as unknown as { noteViolation(directive: string): void };
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    noteViolation(`${violatedDirective} ${blockedURI}`),
  );
  window.layoutShiftSum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
    })[]) {
      if (!entry.hadRecentInput) window.layoutShiftSum += entry.value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

function unnamedControls(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isNamed = (control: Element): boolean => {
      const label = control.getAttribute('aria-label') ?? control.closest('label')?.textContent;
      return Boolean((label ?? control.textContent)?.trim());
    };
    const controls = document.querySelectorAll(
      'button, input, select, summary, video, meter, [tabindex], [role="img"]',
    );
    return [...controls].filter((control) => !isNamed(control)).map((one) => one.outerHTML);
  });
}
