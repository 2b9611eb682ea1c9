/** Looking at single messages that wait, on the page where messages leave: a page at a time, however many there are. */
import { expect, test, type Page } from '@playwright/test';
import { FakeGateway } from './fake-gateway';
import { LOOKS, bare, expectNoBarriers, expectNoSidewaysScroll, watch } from './page';
import { buffers } from './states';

let gateway: FakeGateway;
let complaints: string[];

const list = (page: Page) => page.getByTestId('waiting-list');
const rows = (page: Page) => list(page).locator('li');
const readings = () => gateway.orders.filter((order) => order.startsWith('GET waiting'));

async function open(page: Page, id: string): Promise<void> {
  complaints = watch(page);
  gateway = await FakeGateway.start(buffers());
  gateway.waiting = (seq) => ({
    data: seq === 2 ? `{"order":${seq},"note":"${'long '.repeat(2000)}"}` : `{"order":${seq}}`,
    ...(seq === 1 ? { redelivered: true, attempts: 2 } : {}),
    ...(seq === 3 ? { format: 'binary', data: 'AAECAwQFBgcICQoLDA0ODw==', bytes: 16 } : {}),
  });
  await page.goto(`${gateway.link}`);
  await page.goto(`${gateway.url}/#/sending/${id}`);
  await expect(list(page)).toBeVisible();
}

test.afterEach(async () => {
  await gateway.stop();
  expect(complaints).toEqual([]);
});

test('nothing is asked for until the list is opened, and no content until a message is looked at', async ({ page }) => {
  await open(page, 'billing');
  expect(readings()).toEqual([]);
  await list(page).locator('summary').click();
  await expect(rows(page)).toHaveCount(3);
  expect(readings()).toEqual(['GET waiting after=0 billing']);
  expect(bare(await rows(page).nth(0).innerText()).replace(/\s+/g, ' ')).toMatch(
    /^0198f3c2-7d11-7000-8000-000000000001 Waiting for [34] min, 11 B\. It failed on 2 attempts\. May have been sent already, not confirmed\./,
  );
  expect(bare(await page.getByTestId('waiting-shown').textContent())).toBe('3 of 3, in the order in which they came.');
  await expect(list(page).getByRole('button', { name: 'Next' })).toHaveCount(0);

  const look = (n: number) => rows(page).nth(n).getByRole('button', { name: 'Look' });
  await look(0).click();
  await expect(rows(page).nth(0).locator('pre')).toHaveText('{"order":1}');
  await expect(rows(page).nth(0)).not.toContainText('This is its beginning.');
  expect(readings().at(-1)).toBe('GET waiting limit=1&after=0&data=true&head=4096 billing');
  await look(1).click();
  await expect(rows(page).nth(1)).toContainText('This is its beginning.');
  await expect(list(page).locator('pre')).toHaveCount(1);
  expect((await rows(page).nth(1).locator('pre').textContent())?.length).toBe(4096);
  await expectNoBarriers(page);
  await expectNoSidewaysScroll(page);
  await look(2).click();
  await expect(rows(page).nth(2).locator('pre')).toHaveText('00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f');
  await look(2).click();
  await expect(list(page).locator('pre')).toHaveCount(0);
});

test('deleting asks first and says what is lost; the keyboard goes on where it was', async ({ page }) => {
  await open(page, 'billing');
  await list(page).locator('summary').click();
  const asked = page.getByRole('dialog');
  await rows(page).nth(1).getByRole('button', { name: 'Delete' }).click();
  await expect(asked).toContainText('Delete this message?');
  expect(bare(await asked.textContent())).toContain('Billing will not receive it. It cannot be brought back.');
  await expect(asked.getByRole('button', { name: 'Keep' })).toBeFocused();
  await expectNoBarriers(page);
  await page.keyboard.press('Escape');
  await expect(asked).toBeHidden();
  await expect(rows(page)).toHaveCount(3);
  // One that may be there already is told apart.
  await rows(page).nth(0).getByRole('button', { name: 'Delete' }).click();
  await expect(asked).toContainText('may have received it already');
  await page.keyboard.press('Escape');
  await rows(page).nth(1).getByRole('button', { name: 'Delete' }).click();
  await page.getByTestId('agree').click();
  await expect(rows(page)).toHaveCount(2);
  await expect(list(page).locator('ul')).toBeFocused();
  await list(page).getByRole('button', { name: 'Delete all' }).click();
  await expect(asked).toContainText('Delete');
  await page.getByTestId('agree').click();
  await expect(rows(page)).toHaveCount(0);
  await expect(page.getByTestId('waiting-shown')).toHaveText('nothing waits');
  await expect(list(page)).toBeVisible();
  expect(gateway.orders.filter((order) => order.startsWith('DELETE'))).toEqual([
    'DELETE waiting 0198f3c2-7d11-7000-8000-000000000002 billing',
    'DELETE waiting billing',
  ]);
  await expectNoBarriers(page);
});

test('of a million only a page is ever here, while they come and go', async ({ page }) => {
  await open(page, 'archive');
  await list(page).locator('summary').click();
  await expect(rows(page)).toHaveCount(20);
  expect(bare(await page.getByTestId('waiting-shown').textContent())).toBe('20 of 1,000,000, in the order in which they came.');
  const next = list(page).getByRole('button', { name: 'Next' });
  const back = list(page).getByRole('button', { name: 'Back' });
  await expect(back).toHaveAttribute('aria-disabled', 'true');
  await next.focus();
  await page.keyboard.press('Enter');
  await expect(rows(page).first()).toHaveAttribute('data-seq', '21');
  await expect(next).toBeFocused();
  await expect(rows(page)).toHaveCount(20);
  await back.click();
  await expect(rows(page).first()).toHaveAttribute('data-seq', '1');
  // A second of changes is not a second of readings.
  const [before, began] = [readings().length, Date.now()];
  const state = buffers();
  for (let i = 0; i < 20; i += 1) {
    const endpoints = state.endpoints.map((one) => (one.id === 'archive' ? { ...one, outbox: { ...one.outbox, queued: 1_000_000 - i } } : one));
    gateway.show({ ...state, endpoints });
    await page.waitForTimeout(50);
  }
  await expect(page.getByTestId('waiting-shown')).toContainText('999,981');
  // One reading every two seconds, also where twenty changes take longer than a second.
  expect(readings().length - before).toBeLessThan(5 + (Date.now() - began) / 2_000);
  await expect(page.locator('li[data-seq]')).toHaveCount(20);
});

test('a message that left meanwhile is said to have left', async ({ page }) => {
  await open(page, 'billing');
  await list(page).locator('summary').click();
  await expect(rows(page)).toHaveCount(3);
  await page.route('**/v1/outbox/billing?limit=1*', (route) => route.fulfill({ json: { waiting: [], next: null } }));
  await rows(page).nth(0).getByRole('button', { name: 'Look' }).click();
  await expect(rows(page).nth(0)).toContainText('It does not wait any more.');
});

for (const [look, use] of Object.entries(LOOKS)) {
  test.describe(look, () => {
    test.use(use);
    test('the list with a message open fits and has no barrier', async ({ page }) => {
      await open(page, 'archive');
      await list(page).locator('summary').click();
      await rows(page).nth(1).getByRole('button').first().click();
      await expect(list(page).locator('pre')).toBeVisible();
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
      await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
      await expectNoSidewaysScroll(page);
      // Every order is inside what is seen.
      const outside = await list(page).getByRole('button').evaluateAll((all) => all.filter((one) => { const { left, right } = one.getBoundingClientRect(); return left < -1 || right > innerWidth + 1; }).length);
      expect(outside).toBe(0);
    });
  });
}
