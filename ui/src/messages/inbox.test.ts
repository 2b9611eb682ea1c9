/** The live list under a burst, held, loading and after the agent came back. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ReceivedMessage } from '../generated';
import type { AgentState, MessageListener } from '../state/agent.svelte';
import { Inbox } from './inbox.svelte';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function message(seq: number, endpoint = 'a'): ReceivedMessage {
  return { endpoint, seq, received_at: new Date(seq * 1000).toISOString(), format: 'json', data: seq, bytes: 1, truncated: false };
}

/** An agent with these rings, and the way to send. */
function setup(rings: Record<string, ReceivedMessage[] | Error> = {}) {
  let send: MessageListener = () => undefined;
  const agent = {
    onMessages: (listener: MessageListener) => {
      send = listener;
      return () => undefined;
    },
    backend: {
      messages: (id: string) => {
        const ring = rings[id] ?? [];
        return ring instanceof Error ? Promise.reject(ring) : Promise.resolve(ring);
      },
    },
  } as unknown as AgentState;
  const inbox = new Inbox(agent);
  inbox.start();
  return { inbox, send: (messages: ReceivedMessage[]) => { send(messages); }, seqs: () => inbox.entries.map(({ message: { seq } }) => seq) };
}

it('a burst is one picture, and only the last hundred stay', async () => {
  const { inbox, send } = setup();
  let pictures = 0;
  let before = inbox.entries;
  for (let i = 0; i < 100; i += 1) {
    send(Array.from({ length: 10 }, (_, j) => message(i * 10 + j + 1)));
    await vi.advanceTimersByTimeAsync(10);
    if (inbox.entries !== before) pictures += 1;
    before = inbox.entries;
  }
  await vi.advanceTimersByTimeAsync(100);
  expect(pictures).toBeLessThanOrEqual(10);
  expect(inbox.entries).toHaveLength(100);
  expect(inbox.entries[0]?.message.seq).toBe(1000);
});

it('while held the list stands still and counts; then all of it is there', async () => {
  const { inbox, send, seqs } = setup();
  send([message(1)]);
  await vi.advanceTimersByTimeAsync(100);
  inbox.hold(true);
  send([message(2), message(3)]);
  await vi.advanceTimersByTimeAsync(100);
  expect([seqs(), inbox.withheld]).toEqual([[1], 2]);
  inbox.hold(false);
  expect([seqs(), inbox.withheld]).toEqual([[3, 2, 1], 0]);
});

it('what came while the rings were loading is kept, once', async () => {
  const { inbox, send, seqs } = setup({ a: [message(1), message(2)] });
  const loading = inbox.reload(['a']);
  send([message(2), message(3)]);
  await loading;
  expect(seqs()).toEqual([3, 2, 1]);
});

it('a ring that cannot be loaded is said, the others are shown', async () => {
  const { inbox, seqs } = setup({ a: new Error('gone'), b: [message(5, 'b')] });
  await inbox.reload(['a', 'b']);
  expect([inbox.loadFailed, inbox.loading, seqs()]).toEqual([true, false, [5]]);
});

it('loading again forgets what an earlier agent sent', async () => {
  const { inbox, send, seqs } = setup({ a: [message(1)] });
  send([message(70)]);
  await vi.advanceTimersByTimeAsync(100);
  await inbox.reload(['a']);
  expect(seqs()).toEqual([1]);
});
