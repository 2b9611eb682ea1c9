/** States that a healthy agent does not show, from invented snapshots: every condition, long words, many, a flood. */
import { readFile } from 'node:fs/promises';
import { expect, test, type Page } from '@playwright/test';
import type { StatusSnapshot } from '../../../ui/src/generated';
import { FakeGateway } from './fake-gateway';
import { LOOKS, bare, expectNoBarriers, expectNoSidewaysScroll, watch } from './page';
import { buffers, deadLetters, endpoint, everyCondition, everyMessage, hundred, longWords, message, snapshot, troubles } from './states';

let gateway: FakeGateway;
let complaints: string[];

async function open(page: Page, state: StatusSnapshot, messages = everyMessage()): Promise<void> {
  complaints = watch(page);
  gateway = await FakeGateway.start(state, messages);
  await page.goto(gateway.link);
  await expect(page.locator('[data-endpoint]')).toHaveCount(state.endpoints.length);
}

test.afterEach(async () => {
  await gateway.stop();
  expect(complaints).toEqual([]);
});

const options = (page: Page) => page.getByRole('listbox').getByRole('option');

for (const [look, use] of Object.entries(LOOKS)) {
  test.describe(look, () => {
    test.use(use);
    test('every condition and every message fits and has no barrier', async ({ page }) => {
      await open(page, everyCondition());
      await page.locator('#name-billing').click();
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
      await page.goto(`${gateway.url}/#/messages`);
      await options(page).first().click();
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
      await page.goto(`${gateway.url}/#/help`);
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
    });

    test('every trouble with its remedy fits and has no barrier', async ({ page }) => {
      await open(page, troubles());
      for (const id of ['orders', 'market', 'vault']) await page.locator(`#name-${id}`).click();
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
    });

    test('every buffer, every dead letter and a message on its way fit and have no barrier', async ({ page }) => {
      await open(page, buffers(), []);
      gateway.dead = deadLetters();
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
      await page.goto(`${gateway.url}/#/sending/sensors`);
      await expect(page.getByTestId('dead-letters').locator('li')).toHaveCount(3);
      await page.getByRole('textbox').fill(`{"long": "${'x'.repeat(300)}"`);
      await page.getByRole('textbox').press('Control+Enter');
      await expect(page.getByTestId('sent').locator('li')).toHaveAttribute('data-stage', 'accepted');
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
      await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
      await expectNoSidewaysScroll(page);
    });

    test('nothing moves while the seconds count down and a try comes and goes', async ({ page }) => {
      await page.clock.install();
      const state = troubles();
      await open(page, state);
      for (const id of ['orders', 'vault']) await page.locator(`#name-${id}`).click();
      const places = () => page.locator('[data-endpoint], [data-endpoint] .pill, [data-endpoint] button, [data-testid="remedy"], dt').evaluateAll(
        (boxes) => boxes.map((box) => { const { x, y, width, height } = box.getBoundingClientRect(); return [x, y, width, height].map(Math.round).join(' '); }),
      );
      const left = () => page.locator('[data-endpoint="vault"]').getByTestId('next-try').textContent();
      const before = await places();
      const said = new Set([await left()]);
      // From two digits of seconds to one, and past the end of a minute elsewhere.
      for (let second = 0; second < 15; second += 1) {
        await page.clock.runFor(1000);
        said.add(await left());
        expect(await places()).toEqual(before);
      }
      expect(said.size).toBeGreaterThan(8);
      const next = page.locator('#details-vault dd').filter({ hasText: /\d\d:\d\d:\d\d|[۰-۹]+:[۰-۹]{2}:[۰-۹]{2}/u });
      await expect(next).toHaveCount(1);
      const dialing = state.endpoints.map((one) => (one.id === 'vault' ? { ...one, waiting: null, next_attempt_at: null } : one));
      gateway.show({ ...state, endpoints: dialing });
      await expect.poll(async () => { await page.clock.runFor(100); return next.count(); }).toBe(0);
      expect(await places()).toEqual(before);
    });

    test('long words stay inside', async ({ page }) => {
      await open(page, longWords());
      for (const name of await page.locator('.opener').all()) await name.click();
      await expectNoSidewaysScroll(page);
      await expectNoBarriers(page);
    });

    test('text at 200 % stays inside', async ({ page }) => {
      await open(page, everyCondition());
      await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
      await page.locator('#name-billing').click();
      await expectNoSidewaysScroll(page);
      await page.goto(`${gateway.url}/#/messages`);
      await options(page).first().waitFor();
      await expectNoSidewaysScroll(page);
    });
  });
}

test('each trouble says what happened, what is waited for and what to do', async ({ page }) => {
  await open(page, troubles());
  const row = (id: string) => page.locator(`[data-endpoint="${id}"]`);
  const said = async (id: string) => bare(await row(id).innerText()).replace(/\s+/g, ' ');
  expect(await said('market')).toMatch(/The server asks us to connect less often\. The server asked us to wait until \d\d:\d\d\. Run diagnostics Linekeeper keeps the time that the server asked for\. Reconnecting by hand tries at once\./);
  await row('market').getByRole('button', { name: 'Try now' }).click();
  await expect.poll(() => gateway.orders).toEqual(['reconnect market']);
  await expect(row('partners').getByTestId('remedy')).toContainText('Correct the user name, password or token');
  await expect(row('billing').getByTestId('remedy')).toHaveAttribute('data-owner', 'server');
  expect(await said('billing')).toContain('unstable');
  expect(await said('orders')).toMatch(/up 14 min on rt2\.example\.com:8443 .*Backup host.*The main host is checked again in \d+ s\./);
  expect(await said('sensors')).toContain('quality poor');
  for (const id of ['vault', 'sensors', 'orders']) await page.locator(`#name-${id}`).click();
  const fact = (name: string, id = 'vault') => row(id).locator('dl > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd');
  await expect(fact('Who can mend it')).toHaveText('the administrator');
  await expect(row('vault').getByTestId('remedy')).toContainText('ca_file');
  await expect(fact('What to do')).toHaveCount(0);
  await expect(fact('What to do', 'orders')).toContainText('Linekeeper returns to the usual way by itself');
  expect(bare(await fact('Usual time', 'sensors').textContent())).toBe('190 ms');
  await expect(fact('Pings lost', 'sensors')).toHaveText('10%');
  await expect(fact('Next try')).toContainText('Each failed try makes the next wait longer');
});

test('a remedy newer than this window is told in the agent’s words', async ({ page }) => {
  const newer = { code: 'of_tomorrow', owner: 'server', text: 'Do what only tomorrow knows.' } as unknown as StatusSnapshot['endpoints'][0]['remedy'];
  await open(page, snapshot('down', [endpoint({ state: 'reconnecting', remedy: newer })]));
  await expect(page.getByTestId('remedy')).toHaveText('Do what only tomorrow knows.');
});

test('a stranger’s text is text', async ({ page }) => {
  await open(page, everyCondition());
  await page.goto(`${gateway.url}/#/messages`);
  const hostile = options(page).filter({ hasText: 'Hostile' });
  await expect(hostile).toContainText('<img src=x onerror=alert(1)> gnp.exe <b>bold</b>');
  await expect(page.locator('main img, main b:not(.symbol)')).toHaveCount(0);
});

test('a hundred connections are drawn and updated without a stutter', async ({ page }) => {
  const state = hundred();
  await open(page, state);
  await page.evaluate(() => {
    const seen = { worst: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.worst = Math.max(seen.worst, duration);
    }).observe({ type: 'longtask' });
  });
  for (let i = 0; i < 20; i += 1) {
    const endpoints = state.endpoints.map((line) => ({ ...line, rtt_ms: { ...line.rtt_ms, p50: i * 2, recent: [...line.rtt_ms.recent.slice(1), i] } }));
    gateway.show({ ...state, endpoints });
    await page.waitForTimeout(100);
  }
  await expect.poll(async () => bare(await page.locator('[data-endpoint="line-0"]').textContent())).toContain('38 ms');
  const longest = await page.evaluate(() => (window as unknown as { seen: { worst: number } }).seen.worst);
  expect(longest).toBeLessThan(200);
});

test('orders go out once, with their endpoint', async ({ page }) => {
  await open(page, everyCondition());
  await page.locator('[data-endpoint="billing"]').getByRole('button', { name: 'Try now' }).click();
  await page.locator('[data-endpoint="market"]').getByRole('button', { name: 'Resume' }).click();
  await page.keyboard.press('r');
  await expect.poll(() => gateway.orders).toEqual(['reconnect billing', 'resume market', 'reconnect *']);
});

test('a flood of messages is smooth, and what is read stays where it is', async ({ page }) => {
  await open(page, snapshot('connected', [endpoint(), endpoint({ id: 'slow', name: 'Slow' })]), []);
  await page.goto(`${gateway.url}/#/messages`);
  gateway.emit(Array.from({ length: 90 }, () => ({ event: 'message', data: message({ n: 1 }, { endpoint: 'slow' }) })));
  await expect(options(page).first()).toBeVisible();
  await page.evaluate(() => {
    const seen = { worst: 0, pictures: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.worst = Math.max(seen.worst, duration);
    }).observe({ type: 'longtask' });
    new MutationObserver(() => (seen.pictures += 1)).observe(document.querySelector('[data-testid="message-count"]') as Node, { subtree: true, characterData: true, childList: true });
  });
  // 1,000 a second for two seconds.
  for (let i = 0; i < 40; i += 1) {
    gateway.emit(Array.from({ length: 50 }, (_, j) => ({ event: 'message', data: message({ type: 'price_update', data: { symbol: 'BTC', price: i * 50 + j } }) })));
    await page.waitForTimeout(50);
  }
  await expect(page.getByTestId('message-count')).toContainText('190');
  const { worst, pictures } = await page.evaluate(() => (window as unknown as { seen: { worst: number; pictures: number } }).seen);
  expect(worst).toBeLessThan(250);
  expect(pictures).toBeLessThan(40);

  // Scrolled to the slow ones: new arrivals on top must not move them.
  const newest = (await options(page).first().getAttribute('id')) ?? '';
  await page.locator('.scroller').evaluate((box) => (box.scrollTop = 120 * 40));
  await expect(options(page).first()).not.toHaveAttribute('id', newest);
  const reading = options(page).nth(10);
  const id = await reading.getAttribute('id');
  const place = () => page.locator(`#${id}`).boundingBox();
  const before = await place();
  gateway.emit(Array.from({ length: 5 }, () => ({ event: 'message', data: message({ n: 2 }, { endpoint: 'slow' }) })));
  await expect(page.getByTestId('message-count')).toContainText('195');
  expect((await place())?.y).toBeCloseTo(before?.y ?? 0, 0);
});

test('a browser is a guest: it cannot quit the program and keeps its own context menu', async ({ page }) => {
  const problems = [{ code: 'tray_unavailable', message: '', detail: '', endpoint: null }] as const;
  await open(page, snapshot('connected', [endpoint()], { problems: [...problems] }), []);
  await expect(page.locator('[data-code="tray_unavailable"]')).toBeVisible();
  await expect(page.getByTestId('quit')).toHaveCount(0);
  const kept = await page.locator('h1').evaluate((h1) => h1.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true })));
  expect(kept).toBe(true);
});

test.describe('messages that wait', () => {
  const dead = (page: Page) => page.getByTestId('dead-letters');
  const row = (page: Page, id: string) => page.locator(`[data-endpoint="${id}"]`);

  async function openSending(page: Page, id = ''): Promise<void> {
    await open(page, buffers(), []);
    gateway.dead = deadLetters();
    await page.goto(`${gateway.url}/#/sending/${id}`);
    await expect(page.getByTestId('sending-list')).toBeVisible();
  }

  test('the overview says what they wait for', async ({ page }) => {
    await open(page, buffers(), []);
    const held = async (id: string) => bare(await row(page, id).getByTestId('held').textContent());
    expect(await held('billing')).toBe('3 messages wait; they go out when the connection is back.');
    expect(await held('market')).toBe('1 message waits; it goes out when you resume the connection.');
    expect(await held('sensors')).toBe('1,204 messages are on their way.');
    expect(await held('reports')).toBe('2 messages wait; they go out as soon as the connection is up.');
    await expect(row(page, 'orders').getByTestId('held')).toHaveCount(0);
    expect(bare(await page.locator('.page-head').textContent())).toContain('1,001,222 messages wait to be sent.');
    await expect(page.getByTestId('held').first()).toHaveText(/1M/);
    await page.locator('#name-billing').click();
    const fact = (name: string) => row(page, 'billing').locator('dl > div').filter({ has: page.locator('dt', { hasText: name }) }).locator('dd');
    expect(bare(await fact('Waiting').textContent())).toBe('3 messages, 1.2 kB');
    expect(bare(await fact('Oldest').textContent())).toBe('4 min');
    await row(page, 'sensors').getByRole('link', { name: 'Show' }).click();
    await expect(page).toHaveURL(/#\/sending\/sensors$/);
  });

  test('each buffer says how safe its messages are and whether it takes more', async ({ page }) => {
    await openSending(page);
    const promise = async (id: string) => {
      await page.locator(`#sending-${id}`).click();
      const said = [await row(page, id).getByTestId('promise').textContent(), await row(page, id).getByTestId('buffer-state').textContent()];
      await page.locator(`#sending-${id}`).click();
      await expect(row(page, id).getByTestId('promise')).toHaveCount(0);
      return said;
    };
    expect(await promise('billing')).toEqual(['On disk: what is accepted survives a crash and a power cut.', 'Takes messages']);
    expect(await promise('sensors')).toEqual(['Written to a file: what is accepted survives a crash of Linekeeper, but not a power cut.', 'Takes messages']);
    expect(await promise('vault')).toEqual(['Held in memory: what is accepted is lost when Linekeeper ends.', 'Disk refuses']);
    expect((await promise('archive'))[1]).toBe('Full');
    expect(bare(await row(page, 'archive').innerText())).toMatch(/1,000,000 messages wait.*Full.*214 MB.*oldest 3 d/s);
    await expect(page.getByTestId('problems').locator('[data-code]')).toHaveCount(2);
    expect(bare(await page.locator('[data-code="buffer_full"]').textContent())).not.toContain('archive:');
  });

  test('messages grow older while the agent has nothing to say', async ({ page }) => {
    await page.clock.install();
    await openSending(page);
    const oldest = async () => Number(/oldest (\d+) s/.exec(bare(await row(page, 'vault').textContent()))?.[1]);
    expect(await oldest()).toBeGreaterThanOrEqual(9);
    await page.clock.runFor(25_000);
    await expect.poll(oldest).toBeGreaterThanOrEqual(34);
  });

  test('a message is accepted, then delivered, and a second press sends nothing', async ({ page }) => {
    await openSending(page);
    await page.keyboard.press('c');
    const box = page.getByRole('textbox', { name: 'Message to' });
    await expect(box).toBeFocused();
    await expect(page).toHaveURL(/#\/sending\/orders$/);
    await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeDisabled();
    await box.fill('{"n": 1');
    await expect(page.getByText('This looks like JSON but is not valid.')).toBeVisible();
    await box.fill('{"n": 1}');
    await expect(page.getByText('It goes out at once.')).toBeVisible();
    await box.press('Control+Enter');
    await box.press('Control+Enter');
    const sent = page.getByTestId('sent').locator('li');
    await expect(sent).toHaveAttribute('data-stage', 'accepted');
    await expect(box).toHaveValue('');
    expect(gateway.taken).toHaveLength(1);
    const [endpoint, id = '', ...text] = gateway.taken[0]?.split(' ') ?? [];
    expect([endpoint, text.join(' ')]).toEqual(['orders', '{"n": 1}']);
    gateway.emit([{ event: 'delivered', data: { endpoint: 'orders', id, seq: 1 } }]);
    await expect(sent).toHaveAttribute('data-stage', 'delivered');
    await expectNoBarriers(page);
    // What was begun elsewhere is still there.
    await page.locator('#sending-billing').click();
    await page.getByRole('textbox').fill('later');
    await expect(page.getByText('It waits on this computer and goes out when the connection is back.')).toBeVisible();
    await page.keyboard.press('Escape');
    await page.goto(`${gateway.url}/#/help`);
    await page.goto(`${gateway.url}/#/sending/billing`);
    await expect(page.getByRole('textbox')).toHaveValue('later');
  });

  test('what is not accepted stays where it was written, and an unanswered one repeats under its id', async ({ page }) => {
    await openSending(page, 'archive');
    const box = page.getByRole('textbox');
    await box.fill('one more');
    gateway.refusal = { status: 507, error: { code: 'buffer_full', message: '', detail: '' } };
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByRole('alert')).toContainText('Not accepted. The buffer for unsent messages is full. Wait until');
    await expect(box).toHaveValue('one more');
    await expect(page.getByTestId('sent')).toHaveCount(0);
    await expectNoBarriers(page);
    gateway.refusal = 'silence';
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByRole('alert')).toContainText('No answer came');
    gateway.refusal = null;
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByTestId('sent').locator('li')).toHaveAttribute('data-stage', 'accepted');
    expect(new Set(gateway.taken).size).toBe(1);
  });

  test('dead letters say why; they are sent again, saved, and deleted only after being asked', async ({ page }) => {
    await openSending(page, 'sensors');
    const letters = dead(page).locator('li');
    await expect(letters).toHaveCount(3);
    expect(bare(await letters.nth(0).innerText()).replace(/\s+/g, ' ')).toMatch(/closed with 1009 message too big It failed on each of 5 attempts\. 120 B, given up (39|40) min ago\./s);
    await expect(letters.nth(1)).toContainText('<b>bold</b>');
    await expect(letters.nth(1)).not.toContainText('\u202E');
    await expect(letters.nth(2).getByRole('button')).toHaveText(['Delete']);

    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as a file' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('linekeeper-sensors-dead.jsonl');
    expect((await readFile(await file.path(), 'utf8')).trim().split('\n').map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([17, 18, 19]);
    expect(bare(await page.getByTestId('saved').textContent())).toBe('Saved: linekeeper-sensors-dead.jsonl');

    await letters.nth(0).getByRole('button', { name: 'Delete' }).click();
    const asked = page.getByRole('dialog');
    await expect(asked).toContainText('never received it. It cannot be brought back.');
    await expect(asked.getByRole('button', { name: 'Keep' })).toBeFocused();
    await expectNoBarriers(page);
    await page.keyboard.press('Escape');
    await expect(asked).toBeHidden();
    expect(gateway.orders).toEqual([]);
    await letters.nth(0).getByRole('button', { name: 'Delete' }).click();
    await page.getByTestId('agree').click();
    await expect(letters).toHaveCount(2);
    await letters.nth(0).getByRole('button', { name: 'Send again' }).click();
    await expect(letters).toHaveCount(1);
    await page.getByRole('button', { name: 'Delete all' }).click();
    await expect(asked).toContainText('Delete');
    await page.getByTestId('agree').click();
    await expect(dead(page)).toHaveCount(0);
    expect(gateway.orders).toEqual(['DELETE dead 0198f3c2-7d11-7000-8000-000000000017 sensors', 'POST dead 0198f3c2-7d11-7000-8000-000000000018 retry sensors', 'DELETE dead sensors']);
  });

  test('the keyboard alone opens a connection, writes and sends', async ({ page }) => {
    await openSending(page);
    await page.locator('#sending-orders').focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('textbox')).toBeVisible();
    await page.keyboard.press('Tab');
    await page.keyboard.type('by hand');
    await page.keyboard.press('Tab');
    await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect.poll(() => gateway.taken.map((taken) => taken.split(' ').slice(2).join(' '))).toEqual(['by hand']);
  });
});
