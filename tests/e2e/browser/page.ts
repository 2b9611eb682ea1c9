/** What every browser test does with a page: open it, watch its console and its policy, look for barriers. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The words on screen without the marks that isolate names and numbers in a sentence. */
export function bare(text: string | null): string {
  return (text ?? '').replace(/[\u200E\u200F\u2066-\u2069]/g, '');
}

/** How people may have it: what fits in one has to fit in all. */
export const LOOKS = {
  light: {},
  dark: { colorScheme: 'dark' },
  'right to left': { locale: 'fa-IR' },
  Russian: { locale: 'ru-RU' },
  narrow: { viewport: { width: 360, height: 640 } },
  'narrow, right to left': { viewport: { width: 360, height: 640 }, locale: 'fa-IR' },
  'narrow, Russian': { viewport: { width: 360, height: 640 }, locale: 'ru-RU' },
} as const;

/** Collects console errors, uncaught exceptions and policy violations. Failed requests are expected while an agent is away. */
export function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (line) => {
    if (line.type() !== 'error' && line.type() !== 'warning') return;
    if (line.text().startsWith('Failed to load resource')) return;
    complaints.push(line.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

/** No violation of WCAG 2 A and AA that axe can see. */
export async function expectNoBarriers(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe;
    const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
  });
  expect(found).toEqual([]);
}

/** Nothing is cut off or scrolls sideways. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const wide = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('main')].filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => `${box.tagName} ${box.scrollWidth} > ${box.clientWidth}`),
  );
  expect(wide).toEqual([]);
}
