/** The words and shapes of the overview, from snapshots. */
import { expect, it } from 'vitest';
import type { EndpointSnapshot, StatusSnapshot } from '../generated';
import { advice, condition, nextCheck, nextTry, waitingFor } from './condition';
import { isSpecific } from './problems';
import { sparkPath } from './spark';
import { verdict } from './verdict';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const ago = (s: number) => new Date(NOW - s * 1000).toISOString();

function endpoint(over: Partial<EndpointSnapshot>): EndpointSnapshot {
  return {
    id: 'a', name: 'A', url: 'ws://h/', priority: 1, state: 'connected', reason: null, transport: 'websocket', degraded: false, host: 'ws://h',
    since: ago(60), attempt: 0, next_attempt_at: null, waiting: null, last_error: null, remedy: null, primary_check_at: null,
    rtt_ms: { last: null, smoothed: null, p50: null, p95: null, baseline: null, loss: null, recent: [] }, quality: 'unknown',
    counters: { connections: 0, reconnects: 0, sent: 0, received: 0, errors: 0, bytes_sent: 0, bytes_received: 0 },
    outbox: { queued: 0, bytes: 0, oldest_ms: null, in_flight: 0, dead: 0, level: 'power', state: 'ok' },
    last_pong: null, text: '', ...over,
  };
}
const snapshot = (overall: StatusSnapshot['overall'], endpoints: EndpointSnapshot[]): StatusSnapshot => ({
  version: 1, agent: { pid: 1, version: '0', uptime_ms: 0, recording: null }, overall, endpoints, gateway: { connections: 0, url: null }, problems: [],
});
const error = { code: 'unauthorized', message: '', detail: '', at: ago(1) } as const;

it('each condition has its own shape, and its words', () => {
  const cases: [Partial<EndpointSnapshot>, string, string, string][] = [
    [{}, 'up', 'line-up', 'transport-websocket'],
    [{ degraded: true, transport: 'long_poll' }, 'fallback', 'line-fallback', 'pill-fallback'],
    [{ degraded: true, url: 'ws://h/x', host: 'ws://h' }, 'fallback', 'line-fallback', 'pill-fallback'],
    [{ degraded: true, url: 'ws://h/x', host: 'ws://backup.example:81' }, 'fallback', 'line-backup', 'pill-backup'],
    [{ quality: 'poor' }, 'up', 'line-quality', 'transport-websocket'],
    [{ quality: 'good' }, 'up', 'line-up', 'transport-websocket'],
    [{ state: 'connecting' }, 'connecting', 'line-connecting', 'state-connecting'],
    [{ state: 'reconnecting' }, 'trouble', 'line-down', 'state-reconnecting'],
    [{ state: 'reconnecting', attempt: 7 }, 'trouble', 'line-attempt', 'state-reconnecting'],
    [{ state: 'failed', reason: 'max_attempts' }, 'trouble', 'line-reason', 'state-failed'],
    [{ state: 'failed', reason: 'auth_required', attempt: 2, last_error: error }, 'trouble', 'line-attempt', 'state-failed'],
    [{ state: 'disconnected', reason: 'server_stop' }, 'trouble', 'line-reason', 'state-disconnected'],
    [{ state: 'disconnected', reason: 'paused' }, 'paused', 'line-paused', 'state-paused'],
    [{ state: 'reconnecting', reason: 'offline' }, 'offline', 'line-offline', 'state-offline'],
  ];
  for (const [over, shape, line, pill] of cases) {
    const found = condition(endpoint(over), NOW);
    expect([found.shape, found.line.key, found.pill.key]).toEqual([shape, line, pill]);
  }
});

it('the next try counts down, then says that it is under way', () => {
  const waiting = endpoint({ state: 'reconnecting', next_attempt_at: ago(-12.4) });
  expect(nextTry(waiting, NOW)).toEqual({ key: 'next-try', args: { duration: { key: 'span-s', args: { s: 13 } } } });
  expect(nextTry(waiting, NOW + 13_000)?.key).toBe('next-try-now');
  expect(nextTry(endpoint({ state: 'reconnecting' }), NOW)?.key).toBe('next-try-now');
  for (const over of [{}, { state: 'disconnected', reason: 'paused' }, { state: 'reconnecting', reason: 'offline' }, { state: 'failed' }] as const) {
    expect(nextTry(endpoint(over), NOW)).toBeNull();
  }
});

it('a wait says what it is for, in the row only where the error does not explain it', () => {
  const waiting = (cause: EndpointSnapshot['waiting'], over: Partial<EndpointSnapshot> = {}) =>
    endpoint({ state: 'reconnecting', waiting: cause, next_attempt_at: ago(-600), ...over });
  const asked = { key: 'wait-server-asked', args: { time: { moment: ago(-600) } } };
  expect(waitingFor(waiting('server_asked'))).toEqual(asked);
  expect(advice(waiting('server_asked'), NOW).cause).toEqual(asked);
  expect(advice(waiting('budget'), NOW).cause?.key).toBe('wait-budget');
  expect(waitingFor(waiting('backoff'))?.key).toBe('wait-backoff');
  expect(advice(waiting('backoff'), NOW).cause).toBeNull();
  expect(waitingFor(endpoint({ state: 'reconnecting' }))).toBeNull();
});

it('a row advises where somebody can do something, and keeps still where nobody has to', () => {
  const remedy = { code: 'renew_credential', owner: 'you', text: '' } as const;
  const advised = (over: Partial<EndpointSnapshot>) => advice(endpoint({ remedy, ...over }), NOW).remedy;
  expect(advised({ state: 'failed', reason: 'auth_required' })).toBe(remedy);
  expect(advised({ state: 'reconnecting' })).toBe(remedy);
  for (const over of [{}, { degraded: true }, { state: 'disconnected', reason: 'paused' }, { state: 'reconnecting', reason: 'offline' }, { state: 'connecting' }] as const) {
    expect(advised(over)).toBeNull();
  }
});

it('on a backup host it says when the main one is checked again', () => {
  const backup = endpoint({ degraded: true, host: 'ws://other', primary_check_at: ago(-20) });
  expect(condition(backup, NOW).line.args).toMatchObject({ host: 'other' });
  expect(advice(backup, NOW).cause).toEqual({ key: 'next-check', args: { duration: { key: 'span-s', args: { s: 20 } } } });
  expect(nextCheck(backup, NOW + 30_000)?.key).toBe('next-check-now');
  expect(nextCheck(endpoint({ degraded: true, transport: 'sse' }), NOW)).toBeNull();
});

it('the sentence counts what is wanted, and the cause names what is down since when', () => {
  const { headline, causes } = verdict(
    snapshot('partial', [
      endpoint({}),
      endpoint({ name: 'B', state: 'reconnecting', since: ago(240) }),
      endpoint({ name: 'C', state: 'failed', since: ago(60) }),
      endpoint({ name: 'D', state: 'disconnected', reason: 'paused' }),
    ]),
    NOW,
  );
  expect(headline).toEqual({ key: 'verdict-partial', args: { up: 1, total: 3, fallback: 0 } });
  expect(causes.map(({ key }) => key)).toEqual(['cause-down', 'cause-paused']);
  expect(causes[0]?.args).toEqual({ names: ['B', 'C'], count: 2, duration: { key: 'span-min', args: { min: 4 } } });
});

it('messages that wait for a connection are the second sentence, and those passing through are none', () => {
  const outbox = { ...endpoint({}).outbox, queued: 18, bytes: 24_000, oldest_ms: 2000 };
  const keys = (over: Partial<EndpointSnapshot>) => verdict(snapshot('partial', [endpoint({ outbox, ...over }), endpoint({ name: 'B', state: 'reconnecting' })]), NOW).causes.map(({ key }) => key);
  expect(keys({ state: 'reconnecting' })).toEqual(['cause-down', 'cause-on-disk']);
  expect(keys({ state: 'reconnecting', outbox: { ...outbox, level: 'memory' } })).toEqual(['cause-down', 'cause-waiting']);
  expect(keys({})).toEqual(['cause-down']);
  expect(keys({ outbox: { ...outbox, oldest_ms: 9000 } })).toEqual(['cause-down', 'cause-on-disk']);
});

it('many names become a few and a number', () => {
  const down = Array.from({ length: 9 }, (_, i) => endpoint({ name: `L${String(i)}`, state: 'reconnecting' }));
  expect(verdict(snapshot('down', down), NOW).causes[0]?.args?.['names']).toEqual(['L0', 'L1', { key: 'names-more', args: { count: 7 } }]);
});

it('when all is well it says for how long, and when nothing is there it says so', () => {
  const well = verdict(snapshot('connected', [endpoint({ since: ago(7200) }), endpoint({ since: ago(120) })]), NOW);
  expect(well.causes).toEqual([{ key: 'cause-steady', args: { duration: { key: 'span-min', args: { min: 2 } } } }]);
  expect(verdict(snapshot('connecting', []), NOW).headline.key).toBe('verdict-empty');
  expect(verdict(snapshot('offline', [endpoint({ state: 'reconnecting', reason: 'offline' })]), NOW).causes[0]?.key).toBe('cause-offline');
});

it('a message that only repeats the sentence of its code is not shown twice', () => {
  expect(isSpecific("The server's name is unknown.", 'The server’s name is unknown.')).toBe(false);
  expect(isSpecific('websocket.connections.pulse.ulr: unknown key', 'The configuration file has an error.')).toBe(true);
  expect(isSpecific('', 'x')).toBe(false);
  expect(isSpecific('pulse: The buffer is full.', 'The buffer is full.', 'pulse')).toBe(false);
  expect(isSpecific('pulse: The buffer is full.', 'The buffer is full.', 'other')).toBe(true);
});

it('a sparkline ends at the right edge, stays in its box, and a steady line looks steady', () => {
  expect(sparkPath([])).toBe('');
  expect(sparkPath([5])).toBe('');
  expect(sparkPath([10, NaN, 28])).toBe('M104.2 20.0L110.0 2.0');
  expect(sparkPath(Array.from({ length: 200 }, () => 7))).toMatch(/^M0\.0 20\.0L.*L110\.0 20\.0$/);
  const heights = [...sparkPath([40, 41, 40]).matchAll(/ ([\d.]+)/g)].map(([, y]) => Number(y));
  expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(3);
});
