/** What waits in words, and the life of a message that this window sends. */
import { beforeEach, expect, it, vi } from 'vitest';
import { Refusal, type Backend, type Receipt } from '../backend';
import type { EndpointSnapshot, OutboxInfo, StatusSnapshot } from '../generated';
import { isBrokenJson, newId } from './id';
import { Outgoing } from './outgoing.svelte';
import { backlog, heldUp, mark, oldest, until, waiting } from './waiting';

const outbox: OutboxInfo = { queued: 0, bytes: 0, oldest_ms: null, in_flight: 0, dead: 0, level: 'power', state: 'ok' };
const endpoint = (over: Partial<EndpointSnapshot>, buffer: Partial<OutboxInfo> = {}) =>
  ({ id: 'a', state: 'connected', reason: null, degraded: false, outbox: { ...outbox, ...buffer }, ...over }) as EndpointSnapshot;

it('what waits is told with what it waits for', () => {
  const cases: [Partial<EndpointSnapshot>, string][] = [
    [{}, 'now'],
    [{ degraded: true }, 'now'],
    [{ state: 'connecting' }, 'first'],
    [{ state: 'reconnecting' }, 'back'],
    [{ state: 'reconnecting', reason: 'offline' }, 'back'],
    [{ state: 'failed', reason: 'auth_required' }, 'back'],
    [{ state: 'disconnected', reason: 'paused' }, 'resume'],
  ];
  for (const [over, expected] of cases) {
    expect(until(endpoint(over))).toBe(expected);
    expect(waiting(endpoint(over, { queued: 3 }))).toEqual({ key: `waiting-${expected}`, args: { count: 3 } });
    expect(waiting(endpoint(over))).toBeNull();
  }
});

it('on a line that is up, only messages that stay are news', () => {
  expect(backlog(endpoint({}, { queued: 3, oldest_ms: 400 }))).toBeNull();
  expect(backlog(endpoint({}, { queued: 3, oldest_ms: 8000 }))?.key).toBe('waiting-now');
  expect(backlog(endpoint({ state: 'reconnecting' }, { queued: 3, oldest_ms: 400 }))?.key).toBe('waiting-back');
  const all = { endpoints: [endpoint({}, { queued: 3, oldest_ms: 400 }), endpoint({ state: 'reconnecting' }, { queued: 4 })] } as StatusSnapshot;
  expect(heldUp(all)).toEqual({ count: 4, onDisk: true });
});

it('the worst of a buffer is its mark', () => {
  const word = (buffer: Partial<OutboxInfo>) => mark(endpoint({}, buffer))?.word.key;
  expect(word({})).toBeUndefined();
  expect(word({ level: 'process' })).toBeUndefined();
  expect(word({ level: 'memory' })).toBe('pill-memory');
  expect(word({ level: 'memory', dead: 2 })).toBe('pill-not-delivered');
  expect(word({ dead: 2, state: 'full' })).toBe('buffer-full');
  expect(word({ dead: 2, state: 'unavailable' })).toBe('buffer-unavailable');
});

it('messages grow older between two words of the agent', () => {
  expect(oldest(endpoint({}, { oldest_ms: 5000 }), 1000, 4000)).toBe(8000);
  expect(oldest(endpoint({}, { oldest_ms: 5000 }), 4000, 1000)).toBe(5000);
  expect(oldest(endpoint({}), 0, 1)).toBeNull();
});

it('ids are UUIDs, and no two are the same', () => {
  const ids = Array.from({ length: 100 }, newId);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(100);
});

it('a text that means to be JSON and is not is noticed', () => {
  expect(['{"a":1}', '[1]', 'plain {', '', '17'].filter(isBrokenJson)).toEqual([]);
  expect(['{"a":1', ' [1,]', '{a:1}'].filter(isBrokenJson)).toHaveLength(3);
});

let answer: { resolve: (receipt: Receipt) => void; reject: (reason: unknown) => void };
const send = vi.fn<Backend['send']>(() => new Promise<Receipt>((resolve, reject) => { answer = { resolve, reject }; }));
beforeEach(() => {
  send.mockClear();
});
const receipt = (fate: Receipt['fate'] = 'stored') => ({ id: send.mock.lastCall?.[1] ?? '', fate });
const stages = (outgoing: Outgoing) => outgoing.of('a').map(({ text, stage }) => `${text} ${stage}`);

it('a message is stored, accepted, delivered; then its text is gone', async () => {
  const outgoing = new Outgoing({ send });
  outgoing.write('a', 'one');
  const sending = outgoing.send('a');
  expect([stages(outgoing), outgoing.draft('a').sending]).toEqual([['one storing'], true]);
  await outgoing.send('a');
  expect(send).toHaveBeenCalledTimes(1);
  answer.resolve(receipt());
  await sending;
  expect([stages(outgoing), outgoing.draft('a').text]).toEqual([['one accepted'], '']);
  outgoing.delivered({ endpoint: 'b', id: receipt().id, seq: 1 });
  expect(stages(outgoing)).toEqual(['one accepted']);
  outgoing.delivered({ endpoint: 'a', id: receipt().id, seq: 1 });
  expect(stages(outgoing)).toEqual(['one delivered']);
  expect(outgoing.of('a')[0]?.took).toBeGreaterThanOrEqual(0);
});

it('a delivery that is told before the answer counts', async () => {
  const outgoing = new Outgoing({ send });
  outgoing.write('a', 'quick');
  const sending = outgoing.send('a');
  outgoing.delivered({ endpoint: 'a', id: receipt().id, seq: 1 });
  outgoing.delivered({ endpoint: 'b', id: 'other', seq: 9 });
  answer.resolve(receipt());
  await sending;
  expect(stages(outgoing)).toEqual(['quick delivered']);
});

it('a refused message stays where it was written, and repeats under the same id until it is another one', async () => {
  const outgoing = new Outgoing({ send });
  outgoing.write('a', 'again');
  const first = outgoing.send('a');
  answer.reject(new TypeError('Failed to fetch'));
  await first;
  const draft = outgoing.draft('a');
  expect([draft.text, draft.sending, draft.refusal?.unanswered, stages(outgoing)]).toEqual(['again', false, true, []]);
  void outgoing.send('a');
  const id = send.mock.calls[0]?.[1];
  expect(send.mock.lastCall?.[1]).toBe(id);
  answer.reject({ code: 'buffer_full', message: '', detail: '' });
  await vi.waitFor(() => { expect(outgoing.draft('a').refusal?.body.code).toBe('buffer_full'); });
  expect(Refusal.from(outgoing.draft('a').refusal).unanswered).toBe(false);
  outgoing.write('a', 'another');
  void outgoing.send('a');
  expect(send.mock.lastCall?.[1]).not.toBe(id);
});

it('a message that was known already was delivered, and one that the buffer let go was not accepted', async () => {
  const outgoing = new Outgoing({ send });
  outgoing.write('a', 'known');
  const first = outgoing.send('a');
  answer.resolve(receipt('delivered'));
  await first;
  expect(stages(outgoing)).toEqual(['known delivered']);
  outgoing.write('a', 'let go');
  const second = outgoing.send('a');
  answer.resolve(receipt('dropped'));
  await second;
  expect([outgoing.draft('a').text, outgoing.draft('a').refusal?.body.code, stages(outgoing)]).toEqual(['let go', 'buffer_full', ['known delivered']]);
});

it('what may have been missed is not claimed', async () => {
  const outgoing = new Outgoing({ send });
  outgoing.write('a', 'one');
  const sending = outgoing.send('a');
  answer.resolve(receipt());
  await sending;
  outgoing.missed();
  expect(stages(outgoing)).toEqual(['one missed']);
  outgoing.delivered({ endpoint: 'a', id: receipt().id, seq: 1 });
  expect(stages(outgoing)).toEqual(['one delivered']);
});

it('what does not wait any more, and of which nothing was heard, is not claimed to wait', async () => {
  vi.useFakeTimers();
  const outgoing = new Outgoing({ send: (_, id) => Promise.resolve({ id, fate: 'stored' }) });
  const seen = (queued: number) => { outgoing.observe({ endpoints: [endpoint({}, { queued })] } as StatusSnapshot); };
  outgoing.write('a', 'one');
  await outgoing.send('a');
  seen(0);
  expect(stages(outgoing)).toEqual(['one accepted']);
  vi.advanceTimersByTime(6_000);
  seen(1);
  expect(stages(outgoing)).toEqual(['one accepted']);
  seen(0);
  expect(stages(outgoing)).toEqual(['one missed']);
  vi.useRealTimers();
});

it('an empty text goes nowhere, and only the newest notes are kept', async () => {
  const outgoing = new Outgoing({ send: (_, id) => Promise.resolve({ id, fate: 'stored' }) });
  outgoing.write('a', ' \n');
  await outgoing.send('a');
  expect(outgoing.of('a')).toEqual([]);
  for (let i = 0; i < 60; i += 1) {
    outgoing.write('a', String(i));
    await outgoing.send('a');
  }
  expect([outgoing.of('a').length, outgoing.of('a')[0]?.text]).toEqual([50, '59']);
});
