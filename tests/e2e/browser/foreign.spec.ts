/**
 * A page of another origin in a real browser, in the worst case: it knows where the gateway listens, and even the token.
 * It may neither read nor change anything.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { Agent } from './agent';

/** A name that leads to this computer, as a rebound DNS name does. */
const REBOUND = 'rebound.example';

test.use({
  launchOptions: {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`],
  },
});

let agent: Agent;
let elsewhere: Server;

test.beforeAll(async () => {
  elsewhere = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>elsewhere</title>'));
  elsewhere.listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  agent = await Agent.withConfig({
    websocket: { connections: { well: { url: 'ws://127.0.0.1:9' } } },
    gateway: { listen: '127.0.0.1:0' },
  });
});
test.afterAll(async () => {
  await agent.remove();
  elsewhere.close();
});

const token = (): string => agent.link.split('#token=')[1] ?? '';
const port = (): number => (elsewhere.address() as AddressInfo).port;

/** What a program with the token sees. */
async function ask(path: string): Promise<unknown> {
  return (await fetch(agent.url + path, { headers: { Authorization: `Bearer ${token()}` } })).json();
}

// The first shares its address with the gateway, the second is another site altogether.
for (const host of ['127.0.0.1', 'localhost']) {
  test(`a page of ${host}, another port, reaches nothing`, async ({ page }) => {
    await page.goto(`http://${host}:${port()}/`);
    const outcome = await page.evaluate(
      async ({ url, token }) => {
        const authorized = { Authorization: `Bearer ${token}` };
        const reading = (path: string, init?: RequestInit) =>
          fetch(url + path, init).then(({ status }) => `read ${status}`, () => 'refused');
        // Requests that a browser sends without asking first. They reach the gateway; what comes back does not reach the page.
        const blind = (path: string) =>
          fetch(url + path, { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body: 'x' }).then(
            ({ type }) => type,
            () => 'refused',
          );
        const socket = (protocols: string[]) =>
          new Promise((resolve) => {
            const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, protocols);
            socket.onopen = () => resolve('open');
            socket.onerror = () => resolve('refused');
          });
        const events = new Promise((resolve) => {
          const source = new EventSource(`${url}/v1/events?token=${token}`);
          source.onopen = () => resolve('open');
          source.onerror = () => resolve('refused');
        });
        const script = new Promise((resolve) => {
          const element = document.createElement('script');
          element.src = `${url}/v1/status`;
          element.onload = () => resolve('ran');
          element.onerror = () => resolve('refused');
          document.head.append(element);
        });
        return {
          status: await reading('/v1/status', { headers: authorized }),
          discard: await reading('/v1/outbox/well', { method: 'DELETE', headers: authorized }),
          health: await reading('/healthz'),
          send: await blind('/v1/endpoints/well/messages'),
          pause: await blind('/v1/pause'),
          socket: await socket([]),
          socketWithToken: await socket(['linekeeper', token]),
          events: await events,
          script: await script,
        };
      },
      { url: agent.url, token: token() },
    );
    expect(outcome).toEqual({
      status: 'refused',
      discard: 'refused',
      health: 'refused',
      send: 'refused',
      pause: 'refused',
      socket: 'refused',
      socketWithToken: 'refused',
      events: 'refused',
      script: 'refused',
    });
    expect(await ask('/v1/outbox/well')).toMatchObject({ queued: 0, books: { accepted: 0 } });
    expect(await ask('/v1/connections')).toEqual({ connections: [] });
    const status = (await ask('/v1/status')) as { endpoints: { reason: string | null }[] };
    expect(status.endpoints[0]?.reason).not.toBe('paused');
  });
}

test('the window of the agent cannot be put into a frame', async ({ page }) => {
  await page.goto(`http://127.0.0.1:${port()}/`);
  await page.evaluate((link) => {
    const frame = document.createElement('iframe');
    frame.src = link;
    document.body.append(frame);
    return new Promise((resolve) => (frame.onload = resolve));
  }, agent.link);
  expect(page.frames().map((frame) => frame.url())).toContain('chrome-error://chromewebdata/');
});

test('a name that was rebound to this computer is no way in', async ({ page }) => {
  const rebound = agent.url.replace('127.0.0.1', REBOUND);
  const answer = await page.goto(rebound);
  expect(answer?.status()).toBe(403);
  const status = await page.evaluate(
    async ({ path, token }) => (await fetch(path, { headers: { Authorization: `Bearer ${token}` } })).status,
    { path: `${rebound}/v1/status`, token: token() },
  );
  expect(status).toBe(403);
});

test("the agent's own page may open the hub", async ({ page }) => {
  await page.goto(agent.url);
  const first = await page.evaluate(
    ({ url, token }) =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, ['linekeeper', token]);
        socket.onmessage = ({ data }) => resolve([socket.protocol, (JSON.parse(data as string) as { type: string }).type]);
        socket.onerror = () => resolve('refused');
      }),
    { url: agent.url, token: token() },
  );
  expect(first).toEqual(['linekeeper', 'connection_established']);
});
