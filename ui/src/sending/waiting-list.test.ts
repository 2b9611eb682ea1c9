/** One page at a time of what waits: turning, messages that leave meanwhile, looking, throwing away. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WaitingMessage } from '../backend';
import { WaitingList } from './waiting-list.svelte';

const PAGE = 20;

/** A buffer with messages at these places, as the gateway answers. */
function setup(count: number) {
  let places = Array.from({ length: count }, (_, i) => i + 1);
  const message = (seq: number): WaitingMessage => ({ id: `m-${seq.toString()}`, seq, format: 'text', bytes: 5, attempts: 0, redelivered: false, enqueued_at: '2026-11-20T09:00:00Z' });
  const backend = {
    waiting: vi.fn((_: string, after: number) => {
      const page = places.filter((seq) => seq > after).slice(0, PAGE);
      return Promise.resolve({ waiting: page.map(message), next: page.length === PAGE ? (page.at(-1) ?? null) : null });
    }),
    waitingHead: vi.fn((_: string, seq: number) => Promise.resolve(places.includes(seq) ? `body ${seq.toString()}` : null)),
    discardWaiting: vi.fn((_: string, id: string | null) => {
      if (id !== null && !places.includes(Number(id.slice(2)))) return Promise.reject(Object.assign(new Error(), { code: 'unknown_message' }));
      places = id === null ? [] : places.filter((seq) => id !== `m-${seq.toString()}`);
      return Promise.resolve();
    }),
  };
  const list = new WaitingList(backend, 'a');
  const leave = (upTo: number) => { places = places.filter((seq) => seq > upTo); };
  const shown = () => list.messages?.map(({ seq }) => seq);
  return { list, backend, leave, shown };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The list was opened. */
async function open(list: WaitingList): Promise<void> {
  list.changed();
  await vi.advanceTimersByTimeAsync(0);
}

it('pages are turned to the end and back', async () => {
  const { list, shown } = setup(45);
  await open(list);
  expect([shown(), list.isFirst, list.isLast]).toEqual([numbers(1, 20), true, false]);
  await list.forward();
  await list.forward();
  expect([shown(), list.isFirst, list.isLast]).toEqual([numbers(41, 45), false, true]);
  await list.forward();
  expect(shown()).toEqual(numbers(41, 45));
  await list.back();
  expect(shown()).toEqual(numbers(21, 40));
  await list.back();
  await list.back();
  expect([shown(), list.isFirst]).toEqual([numbers(1, 20), true]);
});

it('a thousand changes a second are two readings', async () => {
  const { list, backend } = setup(45);
  for (let i = 0; i < 1000; i += 1) {
    list.changed();
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(backend.waiting).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(backend.waiting).toHaveBeenCalledTimes(2);
});

it('a page whose messages have all left gives way to what there is', async () => {
  const { list, leave, shown } = setup(45);
  await open(list);
  await list.forward();
  leave(30);
  await open(list);
  await vi.advanceTimersByTimeAsync(2000);
  expect(shown()).toEqual(numbers(31, 45));
  await list.forward();
  leave(45);
  list.changed();
  await vi.advanceTimersByTimeAsync(2000);
  expect([shown(), list.isFirst, list.isLast]).toEqual([[], true, true]);
});

it('an empty page behind a full last one is not shown', async () => {
  const { list, shown } = setup(20);
  await open(list);
  expect(list.isLast).toBe(false);
  await list.forward();
  expect([shown(), list.isFirst]).toEqual([numbers(1, 20), true]);
});

it('the beginning of one message is fetched when it is looked at, and only then', async () => {
  const { list, backend, leave } = setup(3);
  await open(list);
  const [first, second] = list.messages ?? [];
  if (!first || !second) throw new Error('no messages');
  expect(backend.waitingHead).not.toHaveBeenCalled();
  const looking = list.toggle(first);
  expect(list.look).toEqual({ seq: 1, head: null, gone: false });
  await looking;
  expect(list.look).toEqual({ seq: 1, head: 'body 1', gone: false });
  await list.toggle(second);
  expect(list.look?.head).toBe('body 2');
  await list.toggle(second);
  expect(list.look).toBeNull();
  leave(1);
  await list.toggle(first);
  expect(list.look).toEqual({ seq: 1, head: null, gone: true });
  await vi.advanceTimersByTimeAsync(2000);
  list.changed();
  await vi.advanceTimersByTimeAsync(2000);
  expect(list.look).toBeNull();
});

it('one is thrown away, or all; one that has left already is a refusal, and the list is read again', async () => {
  const { list, leave, shown } = setup(4);
  await open(list);
  await list.discard('m-2');
  expect([shown(), list.failure, list.busy.size]).toEqual([[1, 3, 4], null, 0]);
  leave(1);
  await list.discard('m-1');
  expect([shown(), list.failure?.code]).toEqual([[3, 4], 'unknown_message']);
  await list.discard(null);
  expect([shown(), list.failure]).toEqual([[], null]);
});

it('what cannot be loaded is said, and what was there stays', async () => {
  const { list, backend, shown } = setup(2);
  await open(list);
  backend.waiting.mockRejectedValueOnce(new TypeError('Failed to fetch'));
  await vi.advanceTimersByTimeAsync(2000);
  await open(list);
  expect([shown(), list.loadFailed]).toEqual([[1, 2], true]);
  await vi.advanceTimersByTimeAsync(2000);
  await open(list);
  expect(list.loadFailed).toBe(false);
});
