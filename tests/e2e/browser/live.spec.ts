/** The UI in a browser against the real agent and the real demo server. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { Agent, DemoServer, freePort } from './agent';
import { bare, expectNoBarriers, expectNoSidewaysScroll, watch } from './page';
import { RefusingServer } from './refusing-server';

const overall = (page: Page): Locator => page.getByTestId('overall');
const rows = (page: Page): Locator => page.locator('[data-endpoint]');
const row = (page: Page, id: string): Locator => page.locator(`[data-endpoint="${id}"]`);
const messages = (page: Page): Locator => page.getByTestId('message-list').getByRole('option');
const count = async (page: Page): Promise<number> => Number(/(\d+)\D*$/.exec((await page.getByTestId('message-count').textContent()) ?? '')?.[1]);

test('`linekeeper run --demo` shows six connections', async ({ page }) => {
  const agent = await Agent.demo();
  try {
    await page.goto(agent.link);
    await expect(page.locator('[data-endpoint][data-state="connected"]')).toHaveCount(6);
  } finally {
    await agent.remove();
  }
});

test.describe('on the demo endpoints', () => {
  let demo: DemoServer;
  let agent: Agent;
  let complaints: string[];

  test.beforeAll(async () => {
    demo = await DemoServer.start();
    agent = await Agent.onFeeds(demo);
  });
  test.afterAll(async () => {
    await agent.remove();
    await demo.remove();
  });
  test.beforeEach(async ({ page }) => {
    complaints = watch(page);
    await page.goto(agent.link);
    await expect(overall(page)).toHaveAttribute('data-state', 'connected');
  });
  test.afterEach(() => {
    expect(complaints).toEqual([]);
  });

  test('six connections are up, with live figures', async ({ page }) => {
    await expect(rows(page)).toHaveCount(6);
    await expect(page.locator('[data-endpoint][data-state="connected"][data-shape="up"]')).toHaveCount(6);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('connections are up');
    await expect(row(page, 'market')).toContainText(/\d\u2069? ms/);
    await page.locator('#name-market').click();
    const received = row(page, 'market').locator('dd').filter({ hasText: /messages?, /u }).first();
    const before = await received.textContent();
    await expect(received).not.toHaveText(before ?? '');
  });

  test('the token leaves the address bar and a reload still works', async ({ page }) => {
    expect(page.url()).not.toContain('token');
    await page.reload();
    await expect(rows(page)).toHaveCount(6);
  });

  test('one connection is paused and resumed', async ({ page }) => {
    const market = row(page, 'market');
    await page.locator('#name-market').click();
    await market.getByRole('button', { name: 'Pause', exact: true }).click();
    await expect(market).toHaveAttribute('data-reason', 'paused');
    await expect(market).toHaveAttribute('data-shape', 'paused');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('5');
    await market.getByRole('button', { name: 'Resume', exact: true }).first().click();
    await expect(market).toHaveAttribute('data-state', 'connected');
  });

  test('all are paused and resumed', async ({ page }) => {
    await page.getByTestId('pause-all').click();
    await expect(overall(page)).toHaveAttribute('data-state', 'paused');
    await page.getByTestId('resume-all').click();
    await expect(overall(page)).toHaveAttribute('data-state', 'connected');
  });

  test('one connection is reconnected', async ({ page }) => {
    await page.locator('#name-news').click();
    const reconnects = row(page, 'news').locator('dl > div').filter({ hasText: 'Reconnects' }).locator('dd');
    const before = Number(await reconnects.textContent());
    await row(page, 'news').getByRole('button', { name: 'Reconnect', exact: true }).click();
    await expect(reconnects).toHaveText(String(before + 1));
    await expect(row(page, 'news')).toHaveAttribute('data-state', 'connected');
  });

  test('messages arrive live, are filtered, held and opened', async ({ page }) => {
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await expect(messages(page).first()).toBeVisible();
    const before = await count(page);
    await expect.poll(() => count(page)).toBeGreaterThan(before);

    await page.keyboard.press('/');
    await page.keyboard.type('btc');
    await expect(messages(page).first()).toContainText('BTC');
    await expect(messages(page).filter({ hasNotText: 'BTC' })).toHaveCount(0);
    await page.getByRole('searchbox').fill('nothing says this');
    await expect(page.getByText('No message matches')).toBeVisible();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('combobox', { name: 'From' }).selectOption('market');
    await expect(messages(page).filter({ hasNotText: 'Market data' })).toHaveCount(0);

    const hold = page.getByTestId('hold');
    await hold.click();
    await expect(hold).toHaveAttribute('aria-pressed', 'true');
    await expect(hold).toContainText(/\d+.* withheld/);
    const top = await messages(page).first().getAttribute('id');
    await expect(hold).toContainText(/(\d{2,}|[5-9]).* withheld/);
    expect(await messages(page).first().getAttribute('id')).toBe(top);
    await messages(page).first().click();
    await expect(page.locator('pre')).toContainText('"type": "price_update"');
    await expectNoBarriers(page);
    await page.keyboard.press('Escape');
    await expect(page.locator('pre')).toHaveCount(0);
    await hold.click();
    await expect(hold).toHaveText('Hold');
    expect(await messages(page).first().getAttribute('id')).not.toBe(top);
  });

  test('the keys have a sheet that Esc closes', async ({ page }) => {
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toBeVisible();
    await expectNoBarriers(page);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
    await page.keyboard.press('5');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Help');
    await expectNoBarriers(page);
  });

  test('the language is switched and stays', async ({ page }) => {
    await page.getByTestId('language').selectOption('ru');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Работают все соединения');
    await page.getByTestId('language').selectOption('fa');
    await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
    await page.reload();
    await expect(page.locator('html')).toHaveAttribute('lang', 'fa');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('اتصال برقرار است');
    await expectNoSidewaysScroll(page);
    await expectNoBarriers(page);
  });

  for (const [name, options] of Object.entries({
    light: {},
    dark: { colorScheme: 'dark' },
    'more contrast': { contrast: 'more', forcedColors: 'active' },
    narrow: { viewport: { width: 360, height: 640 } },
  } as const)) {
    test.describe(name, () => {
      test.use(options);
      test('no barrier, nothing cut off', async ({ page }) => {
        await page.locator('#name-market').click();
        await expectNoBarriers(page);
        await expectNoSidewaysScroll(page);
        await page.goto(`${agent.url}/#/messages`);
        await expect(messages(page).first()).toBeVisible();
        await page.getByTestId('hold').click();
        await expectNoBarriers(page);
        await expectNoSidewaysScroll(page);
      });
    });
  }
});

test('a server that stops is counted down to, and is back when it is', async ({ page }) => {
  const complaints = watch(page);
  const demo = await DemoServer.start();
  const agent = await Agent.withConfig({
    websocket: { connections: { market: { url: `ws://127.0.0.1:${demo.port}/ws/market_data`, name: 'Market data' } }, reconnection: { initial_delay: 4000, max_delay: 8000 } },
    gateway: { listen: '127.0.0.1:0' },
  });
  try {
    await page.goto(agent.link);
    const market = row(page, 'market');
    await expect(market).toHaveAttribute('data-state', 'connected');
    await demo.stop();
    await expect(market).toHaveAttribute('data-state', 'reconnecting');
    await expect(market).toHaveAttribute('data-shape', 'trouble');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('The connection is down');
    await expect(market.getByTestId('next-try')).toContainText('next try in');
    await expect(market).toContainText('No program answers at the server’s address.');
    await expectNoBarriers(page);
    await demo.start();
    await market.getByRole('button', { name: 'Try now' }).click();
    await expect(market).toHaveAttribute('data-state', 'connected');
    await expect(overall(page)).toHaveAttribute('data-state', 'connected');
    expect(complaints).toEqual([]);
  } finally {
    await agent.remove();
    await demo.remove();
  }
});

test('what a server answers becomes an error, a wait and a remedy', async ({ page }) => {
  const complaints = watch(page);
  const server = createServer((request, response) => {
    if (request.url === '/closed') response.writeHead(401).end();
    else if (request.url === '/busy') response.writeHead(429, { 'retry-after': '1200' }).end();
    else response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = (path: string) => `ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const agent = await Agent.withConfig({
    websocket: { connections: { closed: { url: at('/closed') }, busy: { url: at('/busy') }, page: { url: at('/page') } }, reconnection: { initial_delay: 250, max_delay: 1000 } },
    gateway: { listen: '127.0.0.1:0' },
  });
  try {
    await page.goto(agent.link);
    const remedy = (id: string) => row(page, id).getByTestId('remedy');
    await expect(row(page, 'closed')).toHaveAttribute('data-reason', 'auth_required');
    await expect(remedy('closed')).toContainText('Correct the user name, password or token');
    await expect(row(page, 'busy').getByTestId('cause')).toContainText(/The server asked us to wait until .?\d\d:\d\d/u);
    await expect(remedy('busy')).toContainText('Reconnecting by hand tries at once.');
    await expect(row(page, 'page')).toHaveAttribute('data-reason', 'misconfigured');
    await expect(remedy('page')).toHaveAttribute('data-owner', 'you');
    await expect(remedy('page')).toContainText('Compare the address');
    await expectNoBarriers(page);
    expect(complaints).toEqual([]);
  } finally {
    await agent.remove();
    server.closeAllConnections();
    server.close();
  }
});

test('an agent that goes away leaves its last values, greyed, and the new link brings the page back', async ({ page }) => {
  const complaints = watch(page);
  const agent = await Agent.withConfig({
    websocket: { connections: { far: { url: 'ws://127.0.0.1:9/', name: 'Far away' } } },
    gateway: { listen: `127.0.0.1:${await freePort()}` },
  });
  try {
    await page.goto(agent.link);
    await expect(row(page, 'far')).toBeVisible();
    await agent.stop('SIGKILL');
    await expect(overall(page)).toHaveAttribute('data-state', 'lost');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Linekeeper is not running here; trying again');
    await expect(row(page, 'far')).toBeVisible();
    await expectNoBarriers(page);
    // A new agent makes a new token: the page says so, and the fresh link in the same tab is enough.
    await agent.start();
    await expect(page.getByTestId('token-needed')).toContainText('The link has changed');
    await page.goto(agent.link);
    await expect(row(page, 'far')).toBeVisible();
    expect(complaints).toEqual([]);
  } finally {
    await agent.remove();
  }
});

test('without a token the page says where the link is', async ({ page }) => {
  const agent = await Agent.withConfig({ gateway: { listen: '127.0.0.1:0' } });
  try {
    await page.goto(agent.url);
    await expect(page.getByTestId('token-needed')).toContainText('linekeeper status');
    await expectNoBarriers(page);
    await page.goto(agent.link);
    await expect(page.getByTestId('empty')).toContainText('linekeeper config path');
    await expectNoBarriers(page);
  } finally {
    await agent.remove();
  }
});

test('an error in the configuration file is shown with its place', async ({ page }) => {
  const agent = await Agent.withConfig({ websocket: { connections: { pulse: { ulr: 'ws://127.0.0.1:9/' } } }, gateway: { listen: '127.0.0.1:0' } });
  try {
    await page.goto(agent.link);
    const problem = page.getByTestId('problems').locator('[data-code="config_invalid"]').first();
    await expect(problem).toContainText('The configuration file has an error.');
    await expect(problem).toContainText('websocket.connections.pulse');
    await expect(problem).toContainText('config.json');
    await expectNoBarriers(page);
  } finally {
    await agent.remove();
  }
});

test('a message is accepted and delivered; while the server is away it waits, over a restart of the agent too, and goes out then', async ({ page }) => {
  const complaints = watch(page);
  const demo = await DemoServer.start();
  const agent = await Agent.withConfig({
    websocket: { connections: { hub: { url: `ws://127.0.0.1:${demo.port}/ws`, name: 'Hub' } }, reconnection: { initial_delay: 250, max_delay: 1000 } },
    gateway: { listen: `127.0.0.1:${await freePort()}` },
  });
  const sent = page.getByTestId('sent').locator('li');
  const held = async () => bare(await row(page, 'hub').getByTestId('held').textContent());
  const write = async (text: string) => {
    await page.getByRole('textbox', { name: 'Message to' }).fill(text);
    await page.getByRole('button', { name: 'Send', exact: true }).click();
  };
  try {
    await page.goto(agent.link);
    await expect(row(page, 'hub')).toHaveAttribute('data-state', 'connected');
    await page.keyboard.press('c');
    await expect(page.getByTestId('promise')).toHaveText('On disk: what is accepted survives a crash and a power cut.');
    await write('{"type":"ping"}');
    await expect(sent.first()).toHaveAttribute('data-stage', 'delivered');

    await demo.stop();
    await page.goto(`${agent.url}/#/sending/hub`);
    await expect(page.getByText('It waits on this computer and goes out when the connection is back.')).toBeVisible();
    await write('{"type":"ping","n":2}');
    await expect(sent.first()).toHaveAttribute('data-stage', 'accepted');
    await write('{"type":"ping","n":3}');
    await expect(sent).toHaveCount(3);
    await page.goto(`${agent.url}/#/overview`);
    await expect.poll(held).toBe('2 messages wait; they go out when the connection is back.');
    await expectNoBarriers(page);

    await agent.stop('SIGKILL');
    await agent.start();
    await page.goto(agent.link);
    // The page loads anew by itself, with the new token.
    await expect(page).not.toHaveURL(/#token=/);
    await expect.poll(held).toBe('2 messages wait; they go out when the connection is back.');
    await page.goto(`${agent.url}/#/sending/hub`);
    await write('{"type":"ping","n":4}');
    await expect(sent.first()).toHaveAttribute('data-stage', 'accepted');
    await demo.start();
    await expect(sent.first()).toHaveAttribute('data-stage', 'delivered');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('No message waits to be sent');
    expect(complaints).toEqual([]);
  } finally {
    await agent.remove();
    await demo.remove();
  }
});

test('a message that breaks its connection is set aside, and a person decides what becomes of it', async ({ page }) => {
  const complaints = watch(page);
  const server = await RefusingServer.start('poison', 1009);
  const agent = await Agent.withConfig({
    websocket: { connections: { picky: { url: server.url, name: 'Picky' } }, reconnection: { initial_delay: 250, max_delay: 500 } },
    gateway: { listen: '127.0.0.1:0' },
  });
  try {
    await page.goto(agent.link);
    await expect(row(page, 'picky')).toHaveAttribute('data-state', 'connected');
    await page.keyboard.press('c');
    for (const text of ['poison', 'sound']) {
      await page.getByRole('textbox').fill(text);
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await expect(page.getByTestId('sent').locator('li').first()).toContainText(text);
    }
    const letters = page.getByTestId('dead-letters').locator('li');
    await expect(letters).toHaveCount(1, { timeout: 40_000 });
    await expect(letters).toContainText('poison');
    await expect.poll(() => server.taken, { timeout: 40_000 }).toEqual(['sound']);
    await expectNoBarriers(page);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as a file' }).click();
    expect(JSON.parse(await readFile(await (await download).path(), 'utf8'))).toMatchObject({ data: 'poison', cause: 'refused' });
    await letters.getByRole('button', { name: 'Delete' }).click();
    await page.getByTestId('agree').click();
    await expect(page.getByTestId('dead-letters')).toHaveCount(0);
    expect(complaints).toEqual([]);
  } finally {
    await agent.remove();
    server.stop();
  }
});
