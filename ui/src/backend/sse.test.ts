/** Event streams cut anywhere. */
import { expect, it } from 'vitest';
import { EventStream } from './sse';

const all = (...chunks: string[]) => {
  const stream = new EventStream();
  return chunks.flatMap((chunk) => stream.push(chunk));
};

it('reads names and data, and joins data lines', () => {
  expect(all('event: status\ndata: {"a":1}\n\ndata: one\ndata: two\n\n')).toEqual([
    { event: 'status', data: '{"a":1}' },
    { event: 'message', data: 'one\ntwo' },
  ]);
});

it('comes out the same however the stream is cut', () => {
  const text = '\uFEFFevent: a\r\ndata: 1\r\n\r\n: comment\rdata:2\r\rid: 7\nretry: 5\nevent: c\ndata:  3\n\n';
  const expected = [
    { event: 'a', data: '1' },
    { event: 'message', data: '2' },
    { event: 'c', data: ' 3' },
  ];
  expect(all(text)).toEqual(expected);
  expect(all(...text)).toEqual(expected);
  for (let at = 0; at <= text.length; at += 1) expect(all(text.slice(0, at), text.slice(at))).toEqual(expected);
});

it('comments and events without data are nothing', () => {
  expect(all(': keep-alive\n\n', 'event: only-a-name\n\n', 'data\n\n')).toEqual([{ event: 'message', data: '' }]);
});

it('an event that never ends is an error, not a growing buffer', () => {
  const stream = new EventStream();
  const chunk = 'x'.repeat(16 * 1024 * 1024);
  expect(() => {
    for (let i = 0; i < 6; i += 1) stream.push(chunk);
  }).toThrow('64 MiB');
});
