/** Pictures of the window for people to look at: `npm run shots`, into LINEKEEPER_SHOTS. Asserts nothing. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type Page } from '@playwright/test';
import { Agent, DemoServer } from './agent';
import { bundleFiles, checkUnderWay, healthyCheck, troubledCheck } from './checks';
import { FakeGateway } from './fake-gateway';
import { buffers, deadLetters, endpoint, everyCondition, everyMessage, hundred, longWords, snapshot, troubles, wave } from './states';

const DIR = process.env['LINEKEEPER_SHOTS'] ?? '';

test.beforeAll(() => {
  mkdirSync(DIR, { recursive: true });
});

/** Text twice as large, as a person may set it. */
test.beforeEach(async ({ page }, { titlePath }) => {
  if (titlePath.some((title) => /\blarge$/.test(title))) {
    await page.addInitScript(() => { addEventListener('DOMContentLoaded', () => { document.documentElement.style.setProperty('font-size', '200%'); }); });
  }
});

async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(DIR, `${name}.png`) });
}

const allUp = () =>
  snapshot('connected', ['Market data', 'News', 'Sentiment', 'System status', 'Models', 'Hub'].map((name, i) =>
    endpoint({ id: `e${i}`, name, rtt_ms: { last: 0.4 + i, smoothed: 1, p50: 0.4 + i * 7, p95: 1.2 + i * 11, baseline: 38, loss: 0, recent: wave(0.4 + i * 7, 1 + i) } })));

const LOOKS = [
  { name: 'light', options: {} },
  { name: 'dark', options: { colorScheme: 'dark' as const } },
  { name: 'fa', options: { locale: 'fa-IR' } },
  { name: 'ru', options: { locale: 'ru-RU' } },
  { name: 'narrow', options: { viewport: { width: 360, height: 720 } } },
  { name: 'large', options: {} },
  { name: 'narrow-fa-dark', options: { viewport: { width: 360, height: 720 }, locale: 'fa-IR', colorScheme: 'dark' as const } },
];

for (const { name, options } of LOOKS) {
  test.describe(name, () => {
    test.use(options);
    test('pictures', async ({ page }) => {
      const gateway = await FakeGateway.start(everyCondition(), everyMessage());
      await page.goto(gateway.link);
      await page.locator('[data-endpoint="billing"]').waitFor();
      await shoot(page, `${name}-overview`);
      await page.locator('#name-billing').click();
      await shoot(page, `${name}-details`);
      gateway.show(troubles());
      await page.locator('[data-endpoint="hotel"]').waitFor();
      await page.locator('#name-billing').click();
      await page.mouse.move(0, 0);
      await shoot(page, `${name}-troubles`);
      await page.locator('#name-market').click();
      await page.locator('#details-market').scrollIntoViewIfNeeded();
      await shoot(page, `${name}-troubles-details`);
      await page.goto(`${gateway.url}/#/messages`);
      await page.getByRole('listbox').getByRole('option').first().waitFor();
      await shoot(page, `${name}-messages`);
      await page.getByRole('listbox').getByRole('option').first().click();
      await shoot(page, `${name}-message`);
      await page.goto(`${gateway.url}/#/help`);
      await shoot(page, `${name}-help`);
      gateway.show(buffers());
      gateway.dead = deadLetters();
      await page.goto(`${gateway.url}/#/overview`);
      await page.locator('[data-endpoint="vault"]').waitFor();
      await shoot(page, `${name}-held`);
      await page.goto(`${gateway.url}/#/sending`);
      await page.getByTestId('sending-list').waitFor();
      await shoot(page, `${name}-sending`);
      await page.goto(`${gateway.url}/#/sending/billing`);
      await page.getByRole('textbox').fill('{"order": 8813, "status": "paid"');
      await page.locator('#sending-billing').scrollIntoViewIfNeeded();
      await shoot(page, `${name}-compose-down`);
      await page.getByRole('textbox').fill('{"order": 8813, "status": "paid"}');
      await page.getByRole('textbox').press('Control+Enter');
      await page.locator('[data-stage="accepted"]').waitFor();
      gateway.emit([{ event: 'delivered', data: { endpoint: 'billing', id: gateway.taken[0]?.split(' ')[1] ?? '', seq: 1 } }]);
      await page.locator('[data-stage="delivered"]').waitFor();
      await page.getByRole('textbox').fill('second message');
      await page.getByRole('textbox').press('Control+Enter');
      await page.locator('[data-stage="accepted"]').waitFor();
      gateway.refusal = { status: 507, error: { code: 'buffer_full', message: '', detail: '' } };
      await page.getByRole('textbox').fill('third message');
      await page.getByRole('textbox').press('Control+Enter');
      await page.getByRole('alert').waitFor();
      await page.getByRole('alert').scrollIntoViewIfNeeded();
      await shoot(page, `${name}-sent`);
      gateway.waiting = (at) => ({ data: `{"order":${8812 + at},"status":"paid","items":[{"sku":"A-${at}","n":3}]}`, redelivered: at === 1, attempts: at === 1 ? 2 : 0 });
      for (const id of ['billing', 'archive']) {
        await page.goto(`${gateway.url}/#/sending/${id}`);
        await page.getByTestId('waiting-list').locator('summary').click();
        await page.getByTestId('waiting-list').locator('li button').nth(2).click();
        await page.getByTestId('waiting-list').locator('pre').waitFor();
        await page.getByTestId('waiting-list').scrollIntoViewIfNeeded();
        await shoot(page, `${name}-waiting-${id}`);
      }
      await page.goto(`${gateway.url}/#/sending/sensors`);
      await page.getByTestId('dead-letters').locator('li').first().waitFor();
      await page.getByTestId('dead-letters').scrollIntoViewIfNeeded();
      await shoot(page, `${name}-dead`);
      await page.getByTestId('dead-letters').locator('li .danger').first().click();
      await shoot(page, `${name}-ask`);
      await page.keyboard.press('Escape');
      await page.goto(`${gateway.url}/#/overview`);
      gateway.show(allUp());
      await page.locator('[data-endpoint="e5"]').waitFor();
      await shoot(page, `${name}-all-up`);
      gateway.show(snapshot('connecting', []));
      await page.getByTestId('empty').waitFor();
      await shoot(page, `${name}-empty`);
      gateway.show(longWords());
      await shoot(page, `${name}-long`);
      gateway.show(hundred());
      await shoot(page, `${name}-hundred`);
      await gateway.stop();
      await page.locator('[data-testid="overall"][data-state="lost"]').waitFor();
      await shoot(page, `${name}-lost`);
    });
  });
}

for (const { name, options } of LOOKS) {
  test.describe(`check, ${name}`, () => {
    test.use(options);
    test('pictures', async ({ page }) => {
      const gateway = await FakeGateway.start(snapshot('degraded', [endpoint({ degraded: true, transport: 'sse' }), endpoint({ id: 'sensors', name: 'Sensors' })]));
      await page.goto(gateway.link);
      await page.locator('[data-endpoint="orders"]').waitFor();
      await page.goto(`${gateway.url}/#/check/orders`);
      await shoot(page, `${name}-check-none`);
      gateway.check = { progress: checkUnderWay(), report: troubledCheck() };
      gateway.bundle = bundleFiles();
      await page.getByTestId('check-run').click();
      await page.locator('[data-stage="security"]').waitFor();
      await shoot(page, `${name}-check-running`);
      gateway.finishCheck();
      await page.getByTestId('check-verdict').waitFor();
      await shoot(page, `${name}-check-trouble`);
      for (const fold of await page.locator('details').all()) await fold.locator('summary').click();
      await page.locator('details').last().scrollIntoViewIfNeeded();
      await shoot(page, `${name}-check-details`);
      await page.getByTestId('check-verdict').locator('footer button').last().click();
      await page.locator('dialog li').first().waitFor();
      await page.locator('dialog li button').last().click();
      await shoot(page, `${name}-check-bundle`);
      await page.keyboard.press('Escape');
      gateway.check = { progress: checkUnderWay(), report: healthyCheck() };
      await page.goto(`${gateway.url}/#/check`);
      await page.getByTestId('check-run').click();
      await page.locator('[data-group="orders"][data-state="running"]').waitFor();
      await shoot(page, `${name}-check-two`);
      gateway.finishCheck();
      await page.locator('[data-class="ok"]').waitFor();
      await page.locator('#content').evaluate((content) => { content.scrollTop = 0; });
      await shoot(page, `${name}-check-ok`);
      await gateway.stop();
    });
  });
}

/** The same window on the real agent and the demo endpoints: pictures fit for the documentation. */
for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`real agent, ${colorScheme}`, () => {
    test.use({ colorScheme, deviceScaleFactor: 2 });
    test('pictures', async ({ page }) => {
      test.setTimeout(180_000);
      const demo = await DemoServer.start();
      const agent = await Agent.onFeeds(demo, 1000);
      try {
        await page.goto(agent.link);
        await page.locator('[data-testid="overall"][data-state="connected"]').waitFor();
        // Long enough for a line of response times to draw, and a message of each feed.
        await page.waitForTimeout(75_000);
        await shoot(page, `real-${colorScheme}-overview`);
        await page.goto(`${agent.url}/#/messages`);
        await page.getByRole('listbox').getByRole('option').first().waitFor();
        await shoot(page, `real-${colorScheme}-messages`);
        await page.goto(`${agent.url}/#/sending/hub`);
        const write = async (text: string) => {
          await page.getByRole('textbox').fill(text);
          await page.getByRole('textbox').press('Control+Enter');
          await page.getByTestId('sent').getByText(text).waitFor();
        };
        await write('{"type":"get_stats"}');
        await page.locator('[data-stage="delivered"]').waitFor();
        await demo.stop();
        await page.locator('[data-testid="overall"][data-state="down"]').waitFor();
        for (const symbol of ['BTC', 'ETH', 'SOL']) await write(`{"type":"subscribe","symbol":"${symbol}"}`);
        await page.getByTestId('waiting').getByText('3').waitFor();
        await page.getByTestId('waiting-list').locator('summary').click();
        await page.getByTestId('waiting-list').locator('li').nth(2).waitFor();
        await page.locator('[data-endpoint="hub"]').evaluate((row) => { row.scrollIntoView({ block: 'start' }); });
        await shoot(page, `real-${colorScheme}-sending`);
        await page.goto(`${agent.url}/#/overview`);
        await page.waitForTimeout(6_000);
        await page.locator('#name-market').click();
        await shoot(page, `real-${colorScheme}-trouble`);
        await page.goto(`${agent.url}/#/check/market`);
        await page.getByTestId('check-run').click();
        await page.getByTestId('check-verdict').waitFor();
        await shoot(page, `real-${colorScheme}-check`);
      } finally {
        await agent.remove();
        await demo.remove();
      }
    });
  });
}
