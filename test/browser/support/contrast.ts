import type { Page } from 'playwright-core';

export interface Contrast {
  readonly text: string;
  readonly color: string;
  readonly ground: string;
  readonly ratio: number;
}

/**
 * The contrast of every piece of text that can be seen against the nearest opaque ground behind it.
 * Source: WCAG 2.2, "relative luminance" and "contrast ratio". Text of disabled controls and of figures that are shown
 * as outdated is exempt, as there.
 */
export function measureContrasts(page: Page): Promise<Contrast[]> {
  return page.evaluate(() => {
    type Rgba = readonly [number, number, number, number];
    const rgba = (color: string): Rgba => {
      const [red = 0, green = 0, blue = 0, alpha = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
      return [red, green, blue, alpha];
    };
    const luminance = ([red, green, blue]: Rgba): number => {
      const linear = [red, green, blue].map((channel) => {
        const value = channel / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
    };
    const groundOf = (element: Element): string => {
      for (let one: Element | null = element; one; one = one.parentElement) {
        const { backgroundColor } = getComputedStyle(one);
        if (rgba(backgroundColor)[3] === 1) return backgroundColor;
      }
      return 'rgb(255, 255, 255)';
    };
    const measure = (element: Element, text: string) => {
      const { color } = getComputedStyle(element);
      const ground = groundOf(element);
      const [one, other] = [luminance(rgba(color)), luminance(rgba(ground))];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      return { text, color, ground, ratio };
    };
    const isExempt = (element: Element): boolean =>
      element.closest('[aria-disabled="true"], .is-stale, .visually-hidden, noscript') !== null;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const measured = [];
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent?.trim() ?? '';
      const element = walker.currentNode.parentElement;
      if (text !== '' && element?.checkVisibility() && !isExempt(element)) {
        measured.push(measure(element, text));
      }
    }
    return measured;
  });
}
