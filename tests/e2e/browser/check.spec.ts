/** The Diagnostics page, from invented checks: under way, well, in trouble; by keyboard, by ear, in every look. */
import { expect, test, type Page } from '@playwright/test';
import type { CheckReport, StatusSnapshot } from '../../../ui/src/generated';
import { bundleFiles, checkUnderWay, healthyCheck, troubledCheck } from './checks';
import { FakeGateway } from './fake-gateway';
import { LOOKS, bare, expectNoBarriers, expectNoSidewaysScroll, watch } from './page';
import { endpoint, snapshot, troubles } from './states';

let gateway: FakeGateway;
let complaints: string[];

const two = () => snapshot('degraded', [endpoint({ degraded: true, transport: 'sse' }), endpoint({ id: 'sensors', name: 'Sensors' })]);
const verdict = (page: Page) => page.getByTestId('check-verdict');
const stages = (page: Page) => page.getByTestId('check-stages');
const run = (page: Page) => page.getByTestId('check-run');
const cancel = (page: Page) => page.getByTestId('check-cancel');

async function open(page: Page, where = 'check/orders', state: StatusSnapshot = two()): Promise<void> {
  complaints = watch(page);
  gateway = await FakeGateway.start(state);
  gateway.bundle = bundleFiles();
  await page.goto(gateway.link);
  await expect(page.locator('[data-endpoint]')).toHaveCount(state.endpoints.length);
  await page.goto(`${gateway.url}/#/${where}`);
}

async function check(page: Page, report: CheckReport): Promise<void> {
  gateway.check = { progress: checkUnderWay(), report };
  await run(page).click();
  await expect.poll(() => gateway.isChecking).toBe(true);
  gateway.finishCheck();
  await expect(verdict(page)).toBeVisible();
}

async function unfold(page: Page): Promise<void> {
  await page.locator('details').evaluateAll((folds) => { for (const fold of folds) fold.setAttribute('open', ''); });
}

test.afterEach(async () => {
  await gateway.stop();
  expect(complaints).toEqual([]);
});

for (const [look, use] of Object.entries({ ...LOOKS, 'more contrast': { contrast: 'more', forcedColors: 'active' } } as const)) {
  test.describe(look, () => {
    test.use(use);
    const fits = async (page: Page) => {
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
      await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
      await expectNoSidewaysScroll(page);
      await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
    };

    test('a check fits and has no barrier, under way and after', async ({ page }) => {
      await open(page, 'check');
      await fits(page);
      gateway.check = { progress: checkUnderWay(), report: troubledCheck() };
      await run(page).click();
      await expect(page.locator('[data-group="orders"]')).toHaveAttribute('data-state', 'running');
      await fits(page);
      gateway.finishCheck();
      await expect(verdict(page)).toHaveAttribute('data-class', 'degraded');
      await unfold(page);
      await fits(page);
      await verdict(page).locator('footer button').last().click();
      await page.locator('dialog li button').last().click();
      await expect(page.locator('dialog pre')).toBeVisible();
      await fits(page);
      await page.keyboard.press('Escape');
      await check(page, healthyCheck());
      await expect(verdict(page)).toHaveAttribute('data-class', 'ok');
      await unfold(page);
      await fits(page);
    });

    test('nothing moves while a check goes', async ({ page }) => {
      await open(page);
      const steps = checkUnderWay();
      gateway.check = { progress: steps.slice(0, 1), report: troubledCheck() };
      await run(page).click();
      await expect(stages(page).locator('[data-stage="computer"]')).toHaveAttribute('data-state', 'running');
      const places = () => page.locator('h1, .orders button, [data-stage]').evaluateAll(
        (boxes) => boxes.map((box) => { const { x, y, width, height } = box.getBoundingClientRect(); return [x, y, width, height].map(Math.round).join(' '); }),
      );
      const before = await places();
      for (const step of steps.slice(1)) {
        gateway.tellCheck(step);
        await page.waitForTimeout(90);
        expect(await places()).toEqual(before);
      }
      await expect(stages(page).locator('[data-stage="web"]')).toHaveAttribute('data-state', 'running');
      gateway.finishCheck();
      await expect(verdict(page)).toBeVisible();
    });
  });
}

test('before the first check its rows say what it will look at, and they stay when it begins', async ({ page }) => {
  await open(page);
  const rows = () => stages(page).locator('[data-stage]').evaluateAll((all) => all.map((row) => row.getAttribute('data-stage')));
  await expect(stages(page).locator('[data-stage]').first()).toHaveAttribute('data-state', 'awaited');
  const before = await rows();
  expect(before).toEqual(['computer', 'name', 'connection', 'security', 'web', 'websocket', 'response']);
  await expectNoBarriers(page);
  gateway.check = { progress: checkUnderWay(), report: troubledCheck() };
  await run(page).click();
  await expect(stages(page).locator('[data-stage="security"]')).not.toHaveAttribute('data-state', 'awaited');
  expect(await rows()).toEqual(before);
  await page.goto(`${gateway.url}/#/help`);
});

test('the keyboard alone runs a check, cancels it, reads it, copies it and saves a support file', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, 'overview');
  gateway.check = { progress: checkUnderWay(), report: troubledCheck() };
  await page.keyboard.press('d');
  await expect(page).toHaveURL(/#\/check$/);
  await expect(cancel(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(verdict(page)).toHaveAttribute('data-class', 'incomplete');
  expect(gateway.orders.map((order) => order.split(' ').slice(0, 2).join(' '))).toContain('diagnostics DELETE');

  await run(page).focus();
  await page.keyboard.press('Enter');
  // The one button keeps the keyboard, and a second press at once is no change of mind.
  await expect(cancel(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(cancel(page)).toBeVisible();
  gateway.finishCheck();
  await expect(verdict(page)).toHaveAttribute('data-class', 'degraded');
  await expect(run(page)).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Copy result' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(verdict(page).getByRole('status')).toHaveText('The result is on the clipboard.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^text of GET .* text$/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(verdict(page).getByRole('status')).toContainText('whoever runs the network');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^text of GET .* it$/);

  for (let i = 0; i < 2; i += 1) await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Save support file…' })).toBeFocused();
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog');
  await expect(sheet.locator('li')).toHaveCount(4);
  const box = sheet.getByRole('checkbox', { name: 'config.json' });
  await box.focus();
  await page.keyboard.press('Space');
  await expect(box).not.toBeChecked();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(sheet.locator('pre')).toContainText('<present>');
  const download = page.waitForEvent('download');
  await sheet.getByRole('button', { name: 'Save' }).focus();
  await page.keyboard.press('Enter');
  expect((await download).suggestedFilename()).toBe('linekeeper-support-7F3K.zip');
  await expect(sheet).toBeHidden();
  expect(bare(await verdict(page).getByRole('status').textContent())).toBe('Saved: linekeeper-support-7F3K.zip');
  expect(gateway.orders.at(-1)).toContain('{"privacy":"standard","without":["config.json"]}');
});

test('the answer of a check is read out once, that of an old one is not', async ({ page }) => {
  await open(page, 'overview');
  gateway.lastReport = troubledCheck();
  await page.goto(`${gateway.url}/#/check`);
  await expect(verdict(page)).toBeVisible();
  const answer = page.getByTestId('check-answer');
  await expect(answer).toHaveText('');
  gateway.check = { progress: checkUnderWay(), report: troubledCheck() };
  await run(page).click();
  await expect(page.locator('p[role="status"]').filter({ hasText: 'asking for a page' })).toHaveCount(1);
  await expect(answer).toHaveText('');
  gateway.finishCheck();
  await expect(answer).toContainText('removes the request for a real-time connection');
  await expect(answer).toContainText('Ask your administrator');
  await expect(answer).toHaveAttribute('role', 'alert');
});

test('the answer comes first: what is wrong, who can mend it, what to do, what happens meanwhile', async ({ page }) => {
  await open(page);
  await check(page, troubledCheck());
  expect(bare(await verdict(page).locator('h2').textContent())).toBe('Something between here and rt.example.com removes the request for a real-time connection (WebSocket).');
  const facts = verdict(page).locator('dl');
  await expect(facts).toContainText('whoever looks after the proxy or security software');
  await expect(facts).toContainText('(likely)');
  await expect(facts).toContainText('Ask your administrator');
  expect(bare(await facts.textContent())).toContain('Connected over SSE, nothing waits.');
  await expect(verdict(page).locator('footer')).toContainText('WS-02 · 7F3K');
  await expect(page.getByTestId('check-beside')).toHaveCount(2);
  const web = (stage: string) => stages(page).locator(`[data-stage="${stage}"]`);
  await expect(web('websocket')).toHaveAttribute('data-state', 'fail');
  await expect(web('websocket')).toContainText('HTTP 426 Upgrade Required');
  await expect(web('response')).toContainText('not checked');
  await expect(page.getByText('compared with the last good check')).toContainText('DigiCert');
});

test('of several connections the one in trouble is open, the others are a line', async ({ page }) => {
  await open(page, 'check');
  const [orders, sensors] = healthyCheck().endpoints;
  const { steps } = troubledCheck();
  if (!orders || !sensors) throw new Error('two endpoints');
  const good = healthyCheck().steps.filter((step) => step.endpoint === 'sensors');
  await check(page, { ...troubledCheck(), endpoints: [orders, sensors], steps: [...steps, ...good] });
  const group = (id: string) => page.locator(`details[data-group="${id}"]`);
  await expect(group('orders')).toHaveAttribute('open', '');
  await expect(group('sensors')).not.toHaveAttribute('open');
  expect(bare(await group('sensors').locator('summary').textContent())).toContain('38 ms median of 10 answers');
});

test('a connection in trouble leads to its check, which begins', async ({ page }) => {
  await open(page, 'overview', troubles());
  gateway.check = { progress: [], report: troubledCheck() };
  await page.locator('[data-endpoint="vault"]').getByRole('link', { name: 'Run diagnostics' }).click();
  await expect(page).toHaveURL(/#\/check\/vault$/);
  await expect.poll(() => gateway.isChecking).toBe(true);
  expect(gateway.orders).toContain('diagnostics POST {"trigger":"window","mode":"quick","endpoints":["vault"]}');
  gateway.finishCheck();
  await expect(verdict(page)).toBeVisible();
  await expect(page.locator('[data-endpoint]')).toHaveCount(0);
});

test('the tray’s entry begins one check, and going back begins none', async ({ page }) => {
  await open(page, 'overview');
  gateway.check = { progress: [], report: healthyCheck() };
  await page.evaluate(() => { location.hash = '#/check-now'; });
  await expect.poll(() => gateway.isChecking).toBe(true);
  const begun = () => gateway.orders.filter((order) => order.startsWith('diagnostics POST'));
  expect(begun()).toEqual(['diagnostics POST {"trigger":"tray","mode":"quick","endpoints":[]}']);
  gateway.finishCheck();
  await expect(verdict(page)).toBeVisible();
  await page.goBack();
  await page.goForward();
  await expect(verdict(page)).toBeVisible();
  expect(begun()).toHaveLength(1);
});

test('a check that cannot begin says why', async ({ page }) => {
  await open(page);
  gateway.checkRefusal = { status: 409, error: { code: 'check_running', message: '', detail: '' } };
  await run(page).click();
  await expect(page.locator('.failure')).toContainText('Another check is running.');
  await expect(run(page)).toBeEnabled();
  await expectNoBarriers(page);
});

test('a hundred connections are checked without a stutter', async ({ page }) => {
  const many = Array.from({ length: 100 }, (_, i) => endpoint({ id: `line-${i}`, name: `Line ${i}` }));
  await open(page, 'check', snapshot('connected', many));
  gateway.check = { progress: [], report: healthyCheck() };
  await run(page).click();
  await page.evaluate(() => {
    const seen = { worst: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.worst = Math.max(seen.worst, duration);
    }).observe({ type: 'longtask' });
  });
  const steps = checkUnderWay().filter(({ endpoint }) => endpoint !== null);
  for (let done = 0; done < steps.length; done += 1) {
    const one = steps[done];
    if (!one) continue;
    for (const { id } of many) gateway.tellCheck({ ...one, endpoint: id, ended: one.ended && { ...one.ended, endpoint: id } });
    await page.waitForTimeout(60);
  }
  await expect(page.locator('[data-group="line-99"]')).toHaveAttribute('data-state', 'running');
  expect(await page.evaluate(() => (window as unknown as { seen: { worst: number } }).seen.worst)).toBeLessThan(250);
  gateway.finishCheck();
  await expect(verdict(page)).toBeVisible();
});
