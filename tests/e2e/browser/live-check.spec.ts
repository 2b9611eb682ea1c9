/** Checks in a browser against the real agent: what is well, what is broken, and what a support file holds. */
import { readFile } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { expect, test, type Page } from '@playwright/test';
import { Agent, DemoServer, freePort } from './agent';
import { bare, expectNoBarriers, watch } from './page';

const verdict = (page: Page) => page.getByTestId('check-verdict');
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const TOKEN = 'c4nary-t0ken-of-the-configuration';

/** Every file of a zip, by the entries of its directory. */
function unpacked(zip: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006'));
  let at = zip.readUInt32LE(end + 16);
  while (at < end && zip.readUInt32LE(at) === 0x02014b50) {
    const [packed, names, extra, comment, local] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)];
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    files.set(zip.toString('utf8', at + 46, at + 46 + names), inflateRawSync(zip.subarray(data, data + packed)).toString('utf8'));
    at += 46 + names + extra + comment;
  }
  return files;
}

test('a check of healthy connections says so, and is copied and saved', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const complaints = watch(page);
  const demo = await DemoServer.start();
  const agent = await Agent.onFeeds(demo);
  try {
    await page.goto(agent.link);
    await expect(page.locator('[data-endpoint][data-state="connected"]')).toHaveCount(6);
    await page.keyboard.press('d');
    await expect(verdict(page)).toHaveAttribute('data-class', 'ok');
    await expect(verdict(page).locator('footer')).toContainText('OK-01');
    await expect(page.locator('details[data-group]')).toHaveCount(6);
    await expect(page.locator('details[data-group][data-state="pass"]')).toHaveCount(6);
    await expectNoBarriers(page);
    await page.getByRole('button', { name: 'Copy result' }).click();
    await expect(verdict(page).getByRole('status')).toContainText('clipboard');
    expect(await clipboard(page)).toMatch(/OK-01/);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as a page' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^linekeeper-check-[0-9a-f-]{36}\.html$/);
    const html = await readFile(await file.path(), 'utf8');
    expect(html).toContain('OK-01');
    expect(html).not.toContain('<script');
    // What was found is there for the next window too.
    await page.reload();
    await page.goto(`${agent.url}/#/check`);
    await expect(verdict(page)).toHaveAttribute('data-class', 'ok');
    expect(complaints).toEqual([]);
  } finally {
    await agent.remove();
    await demo.remove();
  }
});

test('a closed port is found, told to IT, and a support file holds no token', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const complaints = watch(page);
  const agent = await Agent.withConfig({
    websocket: { connections: { gone: { url: `ws://127.0.0.1:${await freePort()}/live?token=${TOKEN}`, name: 'Gone', headers: { 'X-Api-Key': TOKEN } } } },
    gateway: { listen: '127.0.0.1:0' },
  });
  try {
    await page.goto(agent.link);
    await page.locator('[data-endpoint="gone"]').getByRole('link', { name: 'Run diagnostics' }).click();
    await expect(verdict(page)).toHaveAttribute('data-class', 'server');
    expect(bare(await verdict(page).locator('h2').textContent())).toMatch(/127\.0\.0\.1 .*no program/);
    await expect(verdict(page).locator('footer')).toContainText('TC-01');
    await expectNoBarriers(page);
    await page.getByRole('button', { name: 'Text for IT' }).click();
    await expect(verdict(page).getByRole('status')).toContainText('whoever runs the network');
    const told = await clipboard(page);
    expect(told).toContain('TC-01');
    expect(told).not.toContain(TOKEN);

    await page.getByRole('button', { name: 'Save support file…' }).click();
    const sheet = page.getByRole('dialog');
    const look = sheet.locator('li').filter({ hasText: 'report.json' }).getByRole('button');
    await look.click();
    const shown = await sheet.locator('pre').textContent();
    expect(shown).toContain('TC-01');
    await sheet.getByRole('checkbox', { name: 'history.json' }).uncheck();
    const download = page.waitForEvent('download');
    await sheet.getByRole('button', { name: 'Save' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^linekeeper-support-\w{4}-\d{8}T\d{6}Z\.zip$/);
    const saved = unpacked(await readFile(await file.path()));
    const names = [...saved.keys()].map((name) => name.split('/').slice(1).join('/'));
    expect(names).toEqual(expect.arrayContaining(['README.txt', 'manifest.json', 'summary.txt', 'report.json', 'report.html', 'config.json', 'environment.json', 'buffer.json']));
    expect(names).not.toContain('history.json');
    for (const [name, text] of saved) expect(text.includes(TOKEN), name).toBe(false);
    // What was looked at is what was saved, the made-up names of addresses included.
    expect([...saved].find(([name]) => name.endsWith('/report.json'))?.[1]).toBe(shown);
    expect(complaints).toEqual([]);
  } finally {
    await agent.remove();
  }
});
