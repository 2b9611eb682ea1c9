/** Invented snapshots and messages: one of each state, and the shapes that break layouts. */
import type { DeadLetter } from '../../../ui/src/backend/backend';
import type { EndpointSnapshot, OutboxInfo, ReceivedMessage, Remedy, StatusSnapshot } from '../../../ui/src/generated';

const ahead = (ms: number) => new Date(Date.now() + ms).toISOString();
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const MINUTE = 60_000;

export function wave(base: number, spread: number): number[] {
  return Array.from({ length: 60 }, (_, i) => base + spread * Math.abs(Math.sin(i * 0.9) * Math.cos(i * 0.37)) + (i === 41 ? spread * 2 : 0));
}

export function endpoint(over: Partial<EndpointSnapshot> = {}): EndpointSnapshot {
  return {
    id: 'orders',
    name: 'Orders',
    url: 'wss://rt.example.com/orders',
    priority: 1,
    state: 'connected',
    reason: null,
    transport: 'websocket',
    degraded: false,
    host: 'wss://rt.example.com',
    since: ago(192 * MINUTE),
    attempt: 0,
    next_attempt_at: null,
    waiting: null,
    primary_check_at: null,
    remedy: null,
    last_error: null,
    rtt_ms: { last: 37.2, smoothed: 38, p50: 38.1, p95: 61.4, baseline: 38, loss: 0, recent: wave(34, 18) },
    quality: 'good',
    counters: { connections: 1, reconnects: 0, sent: 214, received: 18_403, errors: 0, bytes_sent: 20_140, bytes_received: 4_183_221 },
    outbox: { queued: 0, bytes: 0, oldest_ms: null, in_flight: 0, dead: 0, level: 'power', state: 'ok' },
    last_pong: ago(4000),
    text: 'Connected over WebSocket, 38 ms',
    ...over,
  };
}

export function snapshot(overall: StatusSnapshot['overall'], endpoints: EndpointSnapshot[], over: Partial<StatusSnapshot> = {}): StatusSnapshot {
  return {
    version: 1,
    agent: { pid: 4242, version: '0.1.0', uptime_ms: 11_520_000, recording: null },
    overall,
    endpoints,
    gateway: { connections: 0, url: 'http://127.0.0.1:7878' },
    problems: [],
    ...over,
  };
}

const unmeasured = { last: null, smoothed: null, p50: null, p95: null, baseline: null, loss: null, recent: [] };

/** English text as the agent sends it; the window has words of its own. */
const remedy = (code: Remedy['code'], owner: Remedy['owner']): Remedy => ({ code, owner, text: `English words for ${code}.` });
const WAIT_FOR_SERVER = remedy('wait_for_server', 'server');
const RENEW_CREDENTIAL = remedy('renew_credential', 'you');

/** Trouble of each kind that tells a person what to do, and a line that is served by its backup. */
export function troubles(): StatusSnapshot {
  const down = (id: string, name: string, over: Partial<EndpointSnapshot>) =>
    endpoint({ id, name, state: 'failed', rtt_ms: unmeasured, quality: 'unknown', waiting: 'slow_probe', next_attempt_at: ahead(252_400), ...over });
  return snapshot('partial', [
    endpoint({
      id: 'orders', degraded: true, host: 'wss://rt2.example.com:8443', since: ago(14 * MINUTE), primary_check_at: ahead(20_400),
      remedy: remedy('returns_by_itself', 'linekeeper'),
    }),
    endpoint({
      id: 'sensors', name: 'Sensors', quality: 'poor', since: ago(47 * MINUTE),
      rtt_ms: { last: 1340, smoothed: 1204, p50: 1180, p95: 2210, baseline: 190, loss: 0.1, recent: wave(1100, 500) },
    }),
    down('market', 'Market data', {
      state: 'reconnecting', attempt: 2, since: ago(6 * MINUTE), waiting: 'server_asked', next_attempt_at: ahead(23 * MINUTE),
      last_error: { code: 'rate_limited', message: '', detail: 'HTTP 429, Retry-After: 1800', at: ago(6 * MINUTE) }, remedy: remedy('respect_wait', 'linekeeper'),
    }),
    down('partners', 'Partners', {
      reason: 'auth_required', since: ago(41 * MINUTE), attempt: 3,
      last_error: { code: 'unauthorized', message: '', detail: 'HTTP 401', at: ago(2 * MINUTE) }, remedy: RENEW_CREDENTIAL,
    }),
    down('billing', 'Billing', {
      reason: 'flapping', since: ago(11 * MINUTE), attempt: 5, waiting: 'flapping',
      last_error: { code: 'connection_lost', message: '', detail: 'closed without a code (1005)', at: ago(50_000) }, remedy: remedy('ask_about_hangups', 'server'),
    }),
    down('vault', 'Vault', {
      state: 'reconnecting', since: ago(3 * MINUTE), attempt: 4, waiting: 'backoff', next_attempt_at: ahead(9_400),
      last_error: { code: 'tls_untrusted', message: '', detail: 'UnknownIssuer: CN=Example Inspection CA', at: ago(9000) }, remedy: remedy('trust_issuer', 'administrator'),
    }),
    down('hotel', 'Field office', {
      reason: 'captive_portal', since: ago(MINUTE), next_attempt_at: ahead(8_400),
      last_error: { code: 'captive_portal', message: '', detail: 'HTTP 511', at: ago(2000) }, remedy: remedy('sign_in_to_network', 'you'),
    }),
  ]);
}

/** One of each condition. */
export function everyCondition(): StatusSnapshot {
  return snapshot('partial', [
    endpoint(),
    endpoint({
      id: 'sensors', name: 'Sensors', transport: 'sse', degraded: true, since: ago(14 * MINUTE), quality: 'fair',
      rtt_ms: { last: 60, smoothed: 61, p50: 61, p95: 140, baseline: 38, loss: 0, recent: wave(55, 30) },
    }),
    endpoint({
      id: 'billing', name: 'Billing', url: 'wss://billing.example.com/live', host: 'wss://billing.example.com', state: 'reconnecting',
      since: ago(4 * MINUTE + 9000), attempt: 7, next_attempt_at: ahead(12_400), waiting: 'backoff', remedy: WAIT_FOR_SERVER, rtt_ms: unmeasured, quality: 'unknown',
      last_error: { code: 'service_unavailable', message: 'The server is up, the service behind it is not.', detail: 'HTTP 503 Service Unavailable, server: nginx', at: ago(9000) },
      counters: { connections: 3, reconnects: 2, sent: 12, received: 911, errors: 9, bytes_sent: 900, bytes_received: 88_120 },
    }),
    endpoint({
      id: 'partners', name: 'Partners', state: 'failed', reason: 'auth_required', since: ago(41 * MINUTE), attempt: 10, rtt_ms: unmeasured, quality: 'unknown',
      next_attempt_at: ahead(4 * MINUTE), waiting: 'slow_probe', remedy: RENEW_CREDENTIAL,
      last_error: { code: 'unauthorized', message: 'The server does not accept the user name, password or token.', detail: 'HTTP 401', at: ago(2 * MINUTE) },
    }),
    endpoint({ id: 'reports', name: 'Reports', state: 'connecting', since: ago(3000), rtt_ms: unmeasured, quality: 'unknown' }),
    endpoint({ id: 'field', name: 'Field office', state: 'reconnecting', reason: 'offline', since: ago(2 * MINUTE), rtt_ms: unmeasured, quality: 'unknown' }),
    endpoint({ id: 'market', name: 'Market data', state: 'disconnected', reason: 'paused', since: ago(25 * MINUTE), rtt_ms: unmeasured, quality: 'unknown' }),
  ]);
}

/** Every way a buffer can be, with words of problems as the agent says them. */
export function buffers(): StatusSnapshot {
  const outbox = (over: Partial<OutboxInfo>): OutboxInfo => ({ queued: 0, bytes: 0, oldest_ms: null, in_flight: 0, dead: 0, level: 'power', state: 'ok', ...over });
  const down = (id: string, name: string, held: Partial<OutboxInfo>, over: Partial<EndpointSnapshot> = {}) =>
    endpoint({
      id, name, state: 'reconnecting', since: ago(4 * MINUTE), attempt: 7, next_attempt_at: ahead(12_400), waiting: 'backoff', remedy: WAIT_FOR_SERVER, rtt_ms: unmeasured, quality: 'unknown',
      last_error: { code: 'service_unavailable', message: '', detail: 'HTTP 503', at: ago(9000) }, outbox: outbox(held), ...over,
    });
  return snapshot('partial', [
    endpoint(),
    down('billing', 'Billing', { queued: 3, bytes: 1234, oldest_ms: 4 * MINUTE }),
    endpoint({ id: 'sensors', name: 'Sensors', outbox: outbox({ queued: 1204, bytes: 308_224, oldest_ms: 74_000, in_flight: 64, dead: 2, level: 'process' }) }),
    down('archive', 'Archive', { queued: 1_000_000, bytes: 214_400_000, oldest_ms: 3 * 24 * 60 * MINUTE, state: 'full' }),
    down('market', 'Market data', { queued: 1, bytes: 88, oldest_ms: 25 * MINUTE }, { state: 'disconnected', reason: 'paused', last_error: null, remedy: null, next_attempt_at: null, waiting: null }),
    down('vault', 'Vault', { queued: 12, bytes: 4096, oldest_ms: 9000, level: 'memory', state: 'unavailable' }),
    endpoint({ id: 'scratch', name: 'Scratch', outbox: outbox({ level: 'memory' }) }),
    down('reports', 'Reports', { queued: 2, bytes: 512, oldest_ms: 2000 }, { state: 'connecting', attempt: 0, last_error: null, remedy: null, next_attempt_at: null, waiting: null }),
  ], {
    problems: [
      { code: 'buffer_full', message: 'archive: The buffer for unsent messages is full.', detail: '1000000 messages wait; new messages are refused until some have left.', endpoint: 'archive' },
      { code: 'buffer_unavailable', message: 'vault: Unsent messages cannot be stored.', detail: 'The disk refuses to write at /home/you/.local/share/linekeeper/buffer/vault (Read-only file system). New messages are kept in memory only: 12 now.', endpoint: 'vault' },
    ],
  });
}

export function deadLetters(): DeadLetter[] {
  const letter = (id: string, over: Partial<DeadLetter>): DeadLetter => ({
    id, seq: Number(id.slice(-2)), format: 'text', bytes: 120, cause: 'poison', detail: '', attempts: 5, enqueued_at: ago(90 * MINUTE), died_at: ago(40 * MINUTE), data: '', ...over,
  });
  return [
    letter('0198f3c2-7d11-7000-8000-000000000017', { data: '{"order":8812,"items":[{"sku":"A-1","n":3}],"note":"a body that is longer than the line it is shown on, and then some"}', detail: 'closed with 1009 message too big' }),
    letter('0198f3c2-7d11-7000-8000-000000000018', { cause: 'refused', attempts: 1, data: 'پیام آزمایشی <b>bold</b>', detail: '\u202Enack: no such table' }),
    letter('0198f3c2-7d11-7000-8000-000000000019', { cause: 'corrupt', attempts: 0, format: 'binary', data: 'AAECAwQFBgcICQoLDA0ODw==', bytes: 16 }),
  ];
}

const LONG = 'Ersatzteilbestandsverwaltungsschnittstelle Nord-Nordwest (Rechenzentrum 2, Brandabschnitt C)';

export function longWords(): StatusSnapshot {
  const url = `wss://a-very-long-host-name-that-nobody-would-choose.internal.example.com:8443/${'segment/'.repeat(30)}`;
  return snapshot('partial', [
    endpoint({ id: 'long', name: LONG, url, host: 'wss://backup.internal.example.com' }),
    endpoint({
      id: 'x'.repeat(64), name: 'X'.repeat(120), url, state: 'reconnecting', attempt: 123_456, since: ago(900 * 60 * MINUTE), next_attempt_at: new Date(Date.now() + 299_000).toISOString(), rtt_ms: unmeasured,
      last_error: { code: 'connect_failed', message: '', detail: 'e'.repeat(3000), at: ago(1000) },
    }),
    endpoint({ id: 'rtl', name: 'بازار سهام تهران', transport: 'long_poll', degraded: true }),
  ], { problems: [{ code: 'config_invalid', message: 'The configuration file has an error.', detail: `${'/very/long/folder'.repeat(12)}/config.json: websocket.connections.pulse.ulr: unknown key; did you mean url?`, endpoint: 'long' }] });
}

export function hundred(): StatusSnapshot {
  return snapshot('connected', Array.from({ length: 100 }, (_, i) => endpoint({ id: `line-${i}`, name: `Line ${i + 1}`, rtt_ms: { last: 20 + i, smoothed: 20 + i, p50: 20 + i, p95: 40 + i, baseline: 38, loss: 0, recent: wave(20 + i, 10) } })));
}

let seq = 0;
export function message(data: unknown, over: Partial<ReceivedMessage> = {}): ReceivedMessage {
  seq += 1;
  return { endpoint: 'orders', seq, received_at: new Date().toISOString(), format: 'json', data, bytes: 120, truncated: false, ...over };
}

/** One of each kind of message the five feeds and strangers send. */
export function everyMessage(): ReceivedMessage[] {
  const feed = (type: string, data: unknown) => ({ type, timestamp: new Date().toISOString(), simulated: true, data });
  return [
    message({ type: 'connection_established', connection_id: 'c-81' }),
    message({ type: 'system_status', ai_models: { total: 12, available: 10 }, data_sources: { total: 8, active: 7 }, database: { online: true }, stats: { requests_last_minute: 412 } }),
    message(feed('sentiment_update', { fear_greed: { value: 71, classification: 'Greed' } })),
    message(feed('models_status', { total: 12, available: 10, loading: 1, failed: 1 })),
    message(feed('news', { title: 'Exchange reports record volume after quiet week', source: 'Example Wire', sentiment: 'positive' })),
    message(feed('news', { title: '<img src=x onerror=alert(1)> \u202Egnp.exe\u0007 <b>bold</b>', source: 'Hostile', sentiment: 'weird' })),
    message({ order: 8812, status: 'paid', items: [{ sku: 'A-1', n: 3 }], note: null }),
    message('plain words, not JSON', { format: 'text' }),
    message('', { format: 'text', bytes: 0 }),
    message('AAECAwQFBgcICQoLDA0ODw==', { format: 'binary', bytes: 16 }),
    message('x'.repeat(500), { format: 'text', truncated: true, bytes: 16_777_216 }),
    message(feed('price_update', { symbol: 'ETH', price: 3120.4, change_24h: -2.31, volume_24h: 18_200_000_000 })),
    message(feed('price_update', { symbol: 'BTC', price: 67_250.12, change_24h: 1.24, volume_24h: 32_100_000_000 })),
  ];
}
