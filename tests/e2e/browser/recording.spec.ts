/** Recording a problem from the Diagnostics page: begun, seen, ended, in every look. */
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { healthyCheck, troubledCheck } from './checks';
import { FakeGateway } from './fake-gateway';
import { expectNoBarriers, expectNoSidewaysScroll, watch } from './page';
import { endpoint, snapshot } from './states';

let gateway: FakeGateway;
let complaints: string[];

const DIR = process.env['LINEKEEPER_SHOTS'] ?? '';
const section = (page: Page) => page.getByTestId('recording');
const button = (page: Page) => page.getByTestId('recording-button');

async function open(page: Page, report = troubledCheck()): Promise<void> {
  complaints = watch(page);
  gateway = await FakeGateway.start(snapshot('degraded', [endpoint({ degraded: true, transport: 'sse' }), endpoint({ id: 'sensors', name: 'Sensors' })]));
  gateway.lastReport = report;
  await page.goto(gateway.link);
  await page.locator('[data-endpoint="orders"]').waitFor();
  await page.goto(`${gateway.url}/#/check`);
  await page.getByTestId('check-verdict').waitFor();
}

async function shoot(page: Page, name: string): Promise<void> {
  if (DIR !== '') await page.screenshot({ path: join(DIR, `${name}.png`) });
}

test.afterEach(async () => {
  await gateway.stop();
  expect(complaints).toEqual([]);
});

for (const [look, use] of Object.entries({
  light: {},
  dark: { colorScheme: 'dark' },
  contrast: { contrast: 'more', forcedColors: 'active' },
  fa: { locale: 'fa-IR' },
  ru: { locale: 'ru-RU' },
  narrow: { viewport: { width: 360, height: 720 } },
  'narrow-ru': { viewport: { width: 360, height: 720 }, locale: 'ru-RU' },
  'narrow-fa-dark': { viewport: { width: 360, height: 720 }, locale: 'fa-IR', colorScheme: 'dark' },
} as const)) {
  test.describe(look, () => {
    test.use(use);
    test('a recording fits and has no barrier: before, under way, after', async ({ page }) => {
      const fits = async (name: string) => {
        await section(page).scrollIntoViewIfNeeded();
        await shoot(page, `${look}-recording-${name}`);
        await expectNoBarriers(page);
        await expectNoSidewaysScroll(page);
        await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
        await expectNoSidewaysScroll(page);
        await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
      };
      await open(page);
      await fits('off');
      await button(page).click();
      await expect(section(page)).toHaveAttribute('data-state', 'on');
      await fits('on');
      await button(page).click();
      await expect(section(page)).toHaveAttribute('data-state', 'past');
      await fits('past');
    });
  });
}

test('one button begins and ends; the time left goes down and the reference can be read out', async ({ page }) => {
  await open(page, healthyCheck());
  await button(page).focus();
  await page.keyboard.press('Enter');
  await expect(section(page)).toContainText('7F3K');
  await expect(section(page)).toContainText(/1[45].? min.? left/);
  await expect(button(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(section(page)).toHaveAttribute('data-state', 'past');
  await expect(section(page).getByRole('status')).toContainText('7F3K');
  await expect(button(page)).toBeFocused();
  expect(gateway.orders.filter((order) => order.includes('recording'))).toEqual(['diagnostics POST recording', 'diagnostics DELETE recording']);
});

test('one that somebody else began is shown, and its end too', async ({ page }) => {
  await open(page);
  gateway.record(true);
  await expect(section(page)).toHaveAttribute('data-state', 'on');
  gateway.record(false);
  await expect(section(page)).toHaveAttribute('data-state', 'past');
});

test('a refusal is said where the button is', async ({ page }) => {
  await open(page);
  gateway.recordingRefusal = { status: 503, error: { code: 'log_unavailable', message: '', detail: '' } };
  await button(page).click();
  await expect(section(page).getByRole('alert')).toContainText('Log files');
  await expect(section(page)).toHaveAttribute('data-state', 'off');
});
