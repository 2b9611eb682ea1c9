/** What a message is read as, and how the list keeps the newest. */
import { expect, it } from 'vitest';
import type { ReceivedMessage } from '../generated';
import { entry, keepNewest, mergeLoaded, passes } from './entries';
import { describe as read, summarize } from './feed';

function message(data: unknown, over: Partial<ReceivedMessage> = {}): ReceivedMessage {
  return { endpoint: 'a', seq: 1, received_at: '2026-01-01T12:00:00Z', format: 'json', data, bytes: 10, truncated: false, ...over };
}
const line = (data: unknown, over?: Partial<ReceivedMessage>) => read(message(data, over));

it('the five feeds and the hub are read', () => {
  expect(line({ type: 'price_update', data: { symbol: 'BTC', price: 1.5, change_24h: -2, volume_24h: 9 } })).toEqual({
    kind: 'price', symbol: 'BTC', price: 1.5, change: -2, volume: 9,
  });
  expect(line({ type: 'news', data: { title: 'T', source: 'S', sentiment: 'Bullish' } })).toEqual({
    kind: 'news', title: 'T', source: 'S', mood: { key: 'mood-bullish' },
  });
  expect(line({ type: 'sentiment_update', data: { fear_greed: { value: 12, classification: 'Extreme Fear' } } })).toMatchObject({
    facts: [{ key: 'feed-fear-greed', args: { value: 12 } }, { key: 'mood-extreme-fear' }],
  });
  expect(line({ type: 'system_status', ai_models: { total: 3, available: 2 }, database: { online: false } })).toMatchObject({
    facts: [{ key: 'feed-models' }, { key: 'feed-database-offline' }],
  });
  expect(line({ type: 'models_status', data: { failed: 1 } })).toMatchObject({ facts: [{ key: 'feed-failed' }] });
  expect(line({ type: 'connection_established', connection_id: 'c1' })).toMatchObject({ facts: [{ key: 'feed-hub-open', args: { id: 'c1' } }] });
  expect(line({ type: 'pong' })).toMatchObject({ facts: [{ key: 'feed-hub-pong' }] });
});

it('a feed with wrong fields is shown as the JSON it is', () => {
  for (const data of [null, [], 'x', { price: '1' }, { symbol: 'B', price: null }]) {
    expect(line({ type: 'price_update', data })).toMatchObject({ kind: 'json', type: 'price_update' });
  }
  expect(line({ type: 'toString' })).toMatchObject({ kind: 'json' });
  expect(line({ type: 'system_status' })).toMatchObject({ kind: 'json' });
});

it('any value, text and bytes have a line', () => {
  expect(line(null)).toEqual({ kind: 'json', type: '', summary: 'null' });
  expect(line([1, { a: 'x' }])).toEqual({ kind: 'json', type: '', summary: '[1, {a: x}]' });
  expect(line('', { format: 'text' })).toEqual({ kind: 'empty' });
  expect(line('a\u202Eb', { format: 'text' })).toEqual({ kind: 'text', text: 'ab' });
  expect(line('AAH/', { format: 'binary', bytes: 3 })).toMatchObject({ kind: 'binary', hex: '00 01 ff' });
  expect(line('*not base64*', { format: 'binary' })).toMatchObject({ kind: 'binary', hex: '' });
});

it('a huge message costs one line', () => {
  let reads = 0;
  const counting: ProxyHandler<Record<string, string>> = { get: (fields, key) => ((reads += 1), Reflect.get(fields, key) as string) };
  const huge = new Proxy(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${String(i)}`, 'v'.repeat(10)])), counting);
  expect(summarize(huge).length).toBeLessThanOrEqual(301);
  expect(summarize({ deep: [[[huge, huge]]] }).length).toBeLessThanOrEqual(301);
  expect(reads, 'the rest is not even looked at').toBeLessThan(100);
});

it('the newest stay, at most so many of each endpoint, newest first', () => {
  const make = (endpoint: string, seq: number) => entry(message(seq, { endpoint, seq }));
  const kept = keepNewest([make('a', 1), make('a', 2), make('b', 1)], [], 2);
  const next = keepNewest([make('a', 3), make('a', 4)], kept, 2);
  expect(next.map(({ message: { endpoint, seq } }) => `${endpoint}${String(seq)}`)).toEqual(['a4', 'a3', 'b1']);
});

it('what was loaded and what came meanwhile are merged, each once, in order of arrival', () => {
  const at = (s: number) => `2026-01-01T12:00:0${String(s)}Z`;
  const loaded = [message(1, { seq: 1, received_at: at(1) }), message(2, { seq: 2, received_at: at(3) }), message(1, { endpoint: 'b', received_at: at(2) })];
  const live = [entry(message(2, { seq: 2, received_at: at(3) })), entry(message(3, { seq: 3, received_at: at(4) }))];
  const merged = mergeLoaded(loaded, live).map(({ message: { endpoint, seq } }) => `${endpoint}${String(seq)}`);
  expect(merged).toEqual(['a3', 'a2', 'b1', 'a1']);
});

it('the filter looks at endpoint and text, whatever the case', () => {
  const bitcoin = entry(message({ title: 'Bitcoin' }));
  expect(passes(bitcoin, '', '')).toBe(true);
  expect(passes(bitcoin, '', 'bitcoin')).toBe(true);
  expect(passes(bitcoin, 'b', '')).toBe(false);
  expect(passes(bitcoin, 'a', 'ether')).toBe(false);
});
