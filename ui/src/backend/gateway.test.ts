/** The gateway’s stream over its life: open, lost, silent, refused; orders; the token. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Refusal, type Link } from './backend';
import { backoff, GatewayBackend } from './gateway';
import { takeToken } from './token';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(0);

/** A stream the test writes to. */
function stream() {
  let writer: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      writer = controller;
    },
  });
  return {
    response: new Response(body),
    write: (text: string) => writer?.enqueue(new TextEncoder().encode(text)),
    end: () => writer?.close(),
  };
}

function listen(fetch: typeof globalThis.fetch) {
  const links: Link[] = [];
  const events: unknown[] = [];
  const stop = new GatewayBackend('secret', fetch).subscribe({
    link: (link) => links.push(link),
    events: (batch) => events.push(...batch),
  });
  return { links, events, stop };
}

it('passes events on, sends the token, and leaves out names it does not know', async () => {
  const source = stream();
  const fetch = vi.fn(() => Promise.resolve(source.response));
  const { links, events, stop } = listen(fetch);
  await settle();
  source.write('event: status\ndata: {"version":1}\n\nevent: missed\ndata: {"count":3}\n\n');
  await settle();
  expect(links).toEqual(['live']);
  expect(events).toEqual([{ event: 'status', data: { version: 1 } }]);
  expect(fetch).toHaveBeenCalledWith('/v1/events', expect.objectContaining({ headers: { Authorization: 'Bearer secret' } }));
  stop();
});

it('comes back with backoff when the agent does', async () => {
  const first = stream();
  const second = stream();
  const answers = [first.response, new Error('refused'), new Error('refused'), second.response];
  const fetch = vi.fn(() => {
    const answer = answers.shift();
    return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new Error('no more'));
  });
  const { links, stop } = listen(fetch);
  await settle();
  first.end();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(links).toEqual(['live', 'lost', 'lost', 'lost', 'live']);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetch).toHaveBeenCalledTimes(4);
});

it('a stream that falls silent is given up', async () => {
  const fetch = vi.fn((_: unknown, init?: RequestInit) => {
    const source = stream();
    init?.signal?.addEventListener('abort', () => {
      source.end();
    });
    return Promise.resolve(source.response);
  });
  const { links, stop } = listen(fetch as unknown as typeof globalThis.fetch);
  await vi.advanceTimersByTimeAsync(62_000);
  expect(links).toEqual(['live', 'lost', 'live']);
  stop();
});

it('an old token ends the tries', async () => {
  const refusal = () => Promise.resolve(Response.json({ error: { code: 'token_required', message: '', detail: '' } }, { status: 401 }));
  const fetch = vi.fn(refusal);
  const { links } = listen(fetch);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(links).toEqual(['refused']);
  expect(fetch).toHaveBeenCalledTimes(1);
});

it('an order goes to one endpoint or to all, and a refusal keeps its code', async () => {
  const fetch = vi.fn(() => Promise.resolve(Response.json({}, { status: 202 })));
  const backend = new GatewayBackend('secret', fetch);
  await backend.control('pause', 'a/b');
  await backend.control('reconnect', null);
  expect(fetch.mock.calls.map((call: unknown[]) => call[0])).toEqual(['/v1/endpoints/a%2Fb/pause', '/v1/reconnect']);
  fetch.mockResolvedValue(Response.json({ error: { code: 'unknown_endpoint', message: 'm', detail: 'd' } }, { status: 404 }));
  const thrown: unknown = await backend.control('pause', 'x').catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(Refusal);
  expect(Refusal.from(thrown).body.code).toBe('unknown_endpoint');
});

it('waits grow to a cap and are never at once', () => {
  expect(backoff(0, 0)).toBe(125);
  expect(backoff(3, 1)).toBe(2000);
  expect(backoff(50, 1)).toBe(5000);
});

it('the token leaves the address bar and stays for the tab', () => {
  const kept = new Map<string, string>();
  const tab = (hash: string) => ({
    location: { hash, pathname: '/' },
    history: { replaceState: vi.fn() },
    sessionStorage: { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) },
  });
  expect(takeToken(tab('#/messages'))).toBeNull();
  const fresh = tab('#token=abc-_1');
  expect(takeToken(fresh)).toBe('abc-_1');
  expect(fresh.history.replaceState).toHaveBeenCalledWith(null, '', '/');
  expect(takeToken(tab('#/messages'))).toBe('abc-_1');
  expect(takeToken(tab('#token=new'))).toBe('new');
});

it('a message goes out as text under its id, and dead letters are asked for, sent again and thrown away by id', async () => {
  const fetch = vi.fn<typeof globalThis.fetch>(() => Promise.resolve(Response.json({ accepted: [{ id: 'm-1', seq: 7, fate: 'stored' }] }, { status: 202 })));
  const backend = new GatewayBackend('secret', fetch);
  expect(await backend.send('a', 'm-1', '{"n":1}')).toMatchObject({ id: 'm-1', fate: 'stored' });
  expect(fetch).toHaveBeenCalledWith('/v1/endpoints/a/messages', {
    method: 'POST',
    headers: { Authorization: 'Bearer secret', 'Content-Type': 'text/plain; charset=utf-8', 'Idempotency-Key': 'm-1' },
    body: '{"n":1}',
    cache: 'no-store',
  });
  fetch.mockImplementation(() => Promise.resolve(Response.json({ letters: [{ id: 'x' }], next: null })));
  expect(await backend.deadLetters('a')).toEqual([{ id: 'x' }]);
  await backend.retryDead('a', 'x/y');
  await backend.deleteDead('a', 'x/y');
  await backend.deleteDead('a', null);
  expect(fetch.mock.calls.slice(1).map(([path, init]) => `${init?.method ?? ''} ${String(path)}`)).toEqual([
    'GET /v1/outbox/a/dead?limit=100&data=true&head=4096',
    'POST /v1/outbox/a/dead/x%2Fy/retry',
    'DELETE /v1/outbox/a/dead/x%2Fy',
    'DELETE /v1/outbox/a/dead',
  ]);
});

it('silence after a message is not a refusal', async () => {
  const backend = new GatewayBackend('secret', () => Promise.reject(new TypeError('Failed to fetch')));
  const thrown: unknown = await backend.send('a', 'm', 'x').catch((error: unknown) => error);
  expect(Refusal.from(thrown).unanswered).toBe(true);
});

it('messages that wait are asked for by page, the beginning of one by its place, and thrown away by id', async () => {
  const page = { waiting: [{ id: 'x/y', seq: 7, data: 'begin' }], next: null };
  const fetch = vi.fn((_: string, init?: RequestInit) => Promise.resolve(Response.json(init?.method === 'GET' ? page : { count: 1 })));
  const backend = new GatewayBackend('secret', fetch as unknown as typeof globalThis.fetch);
  expect((await backend.waiting('a b', 40)).waiting[0]?.id).toBe('x/y');
  expect(await backend.waitingHead('a', 7)).toBe('begin');
  expect(await backend.waitingHead('a', 6)).toBeNull();
  await backend.discardWaiting('a', 'x/y');
  await backend.discardWaiting('a', null);
  expect(fetch.mock.calls.map(([path, init]) => `${init?.method ?? ''} ${path}`)).toEqual([
    'GET /v1/outbox/a%20b?after=40',
    'GET /v1/outbox/a?limit=1&after=6&data=true&head=4096',
    'GET /v1/outbox/a?limit=1&after=5&data=true&head=4096',
    'DELETE /v1/outbox/a/messages/x%2Fy',
    'DELETE /v1/outbox/a',
  ]);
});
