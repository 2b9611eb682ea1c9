/** Invented checks: one that found what removes the upgrade, one where all is well, one under way. */
import type { BundleFile } from '../../../ui/src/backend/backend';
import type { CheckEndpoint, CheckProgress, CheckReport, Finding, Step, StepId, StepStatus } from '../../../ui/src/generated';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const RUN = '0192f0c1-2222-7333-8444-555566667777';

function step(id: StepId, endpoint: string | null, status: StepStatus, start_ms: number, ms: number, over: Partial<Step> = {}): Step {
  return { id, ...(endpoint === null ? {} : { endpoint }), status, start_ms, ms, attempts: 1, detail: {}, ...over };
}

function finding(over: Partial<Finding> & Pick<Finding, 'code'>): Finding {
  return {
    severity: 'fail', text: 'English words.', remedy: 'English advice.', owner: 'proxy_admin', confidence: 'likely', args: {},
    evidence: ['HTTP 426 Upgrade Required; Connection, Upgrade and Sec-WebSocket-Key were sent'], ...over,
  };
}

function endpoint(over: Partial<CheckEndpoint> = {}): CheckEndpoint {
  return {
    id: 'orders', name: 'Orders', url: 'wss://rt.example.com/orders',
    live: { state: 'connected', transport: 'sse', since: ago(3_600_000), last_error: null, retry_in_ms: null, waiting: 0 },
    timing_ms: { dns: 14, tcp: 31, tls: 48, upgrade: 33, first_byte: 35, total: 126 },
    addresses: [
      { ip: '203.0.113.7', family: 4, result: 'connected', ms: 31, used: true },
      { ip: '203.0.113.8', family: 4, result: 'connected', ms: 33, used: false },
    ],
    name_servers: [{ server: '10.0.0.53', a: 'ok', aaaa: 'no_data', ms: 12 }],
    tls: {
      version: 'TLSv1_3', cipher: 'TLS13_AES_256_GCM_SHA384', publicly_trusted: false, days_left: 61,
      chain: [{ subject: 'rt.example.com', issuer: 'Zscaler Root CA', not_before: ago(9e9), not_after: ago(-5e9), names: ['rt.example.com'] }],
    },
    http: { status: 404, server: 'nginx' },
    transports: [{ name: 'websocket', result: 'fail', ms: null, finding: 'WS-02' }],
    ...over,
  };
}

/** Something removes the upgrade; traffic is inspected; the connection lives on a fallback. */
export function troubledCheck(): CheckReport {
  return {
    schema_version: 1, run_id: RUN, ref: '7F3K',
    app: { version: '0.1.0', os: 'Debian 12', package: 'dev' },
    trigger: 'window', mode: 'quick', started_at: ago(4000), duration_ms: 2800,
    verdict: {
      class: 'degraded', owner: 'proxy_admin', confidence: 'likely', primary: 'WS-02', line: 'English words.', next_action: 'English advice.',
    },
    findings: [
      finding({ code: 'WS-02', endpoint: 'orders', step: 'G1', args: { host: 'rt.example.com', target: 'rt.example.com:443', where: 'network' } }),
      finding({ code: 'TL-06', severity: 'warn', endpoint: 'orders', step: 'E2', args: { issuer: 'Zscaler Root CA', host: 'rt.example.com', target: 'rt.example.com:443' }, evidence: ['issuer "CN=Zscaler Root CA, O=Zscaler Inc."'] }),
      finding({ code: 'WS-09', severity: 'warn', endpoint: 'orders', step: 'A8', args: { transport: 'sse', name: 'Orders', target: 'rt.example.com:443' }, evidence: ['live: connected over sse'] }),
      finding({ code: 'QU-01', severity: 'warn', endpoint: 'orders', suppressed_by: 'WS-02', args: { host: 'rt.example.com', time: '480 ms', usual: '40 ms' } }),
    ],
    environment: { interfaces: [{ name: 'enp3s0', addresses: ['10.0.0.17'], tunnel: false }], gateways: ['10.0.0.1'], resolvers: ['10.0.0.53'], vpn: [], clock_skew_ms: 400 },
    endpoints: [
      endpoint({
        versus_last_good: {
          run_id: RUN, age_s: 172_800,
          changes: [
            { what: 'issuer', before: 'DigiCert TLS RSA 2020', now: 'Zscaler Root CA', status: 'warn' },
            { what: 'websocket', before: 'ok', now: 'FAIL', status: 'fail' },
          ],
        },
      }),
    ],
    steps: [
      step('A1', null, 'pass', 0, 3), step('A2', null, 'pass', 0, 2),
      step('B1', 'orders', 'pass', 3, 14), step('B2', 'orders', 'pass', 3, 22), step('D1', 'orders', 'pass', 17, 33),
      step('E1', 'orders', 'pass', 50, 48), step('E2', 'orders', 'warn', 52, 30), step('F1', 'orders', 'pass', 98, 35),
      step('G1', 'orders', 'fail', 98, 33, { error_raw: 'HTTP 426 Upgrade Required', detail: { status: 426, limit_ms: 5000 } }),
      step('G4', 'orders', 'na', 131, 0, { reason: 'not configured' }), step('H1', 'orders', 'skip', 131, 0, { reason: 'needs the upgrade, which failed' }),
    ],
    redaction: { policy: 1, counts: {}, clean: true },
  };
}

/** Everything works, two connections, one with a very long name. */
export function healthyCheck(): CheckReport {
  const trouble = troubledCheck();
  const quality = { samples: 10, min: 34, median: 38, max: 61, jitter_ms: 3.2, delayed_share: 0, tcp_retransmits: 0, tcp_info_scope: 'end_to_end' };
  const long = 'A connection with a very long name that somebody wrote into the configuration file without a thought';
  const of = (id: string, from: number): Step[] => [
    step('B1', id, 'pass', from, 14), step('D1', id, 'pass', from + 14, 31), step('E1', id, 'pass', from + 45, 48), step('F1', id, 'pass', from + 93, 35),
    step('G1', id, 'pass', from + 93, 33), step('G2', id, 'pass', from + 126, 38), step('H1', id, 'pass', from + 126, 380),
  ];
  return {
    ...trouble, duration_ms: 610,
    verdict: { class: 'ok', owner: 'none', confidence: 'certain', primary: 'OK-01', line: 'English words.', next_action: '' },
    findings: [finding({ code: 'OK-01', severity: 'info', owner: 'none', confidence: 'certain', args: { count: '2', name: 'Orders', time: '38 ms', over: 'websocket' } })],
    endpoints: [endpoint({ quality }), endpoint({ id: 'sensors', name: long, quality })],
    steps: [step('A1', null, 'pass', 0, 3), ...of('orders', 3), ...of('sensors', 9)],
  };
}

/** What a check has told when it stands in its middle. */
export function checkUnderWay(): CheckProgress[] {
  const { steps } = troubledCheck();
  const told = (one: Step, done: number, ended: Step | null): CheckProgress => ({
    run_id: RUN, done, total: 19, step: one.id, endpoint: one.endpoint ?? null, ended, elapsed_ms: ended ? one.start_ms + one.ms : one.start_ms,
  });
  const ended = steps.slice(0, 6).flatMap((one, done) => [told(one, done, null), told(one, done + 1, one)]);
  const [under] = steps.slice(7, 8);
  return under ? [...ended, told(under, 6, null)] : ended;
}

export function bundleFiles(): BundleFile[] {
  return [
    { name: 'summary.txt', text: 'PROBLEM\n', removed: {} },
    { name: 'report.json', text: '{}\n'.repeat(900), removed: { address: 14 } },
    { name: 'config.json', text: '{"websocket": "<present>"}\n', removed: { url: 1 } },
    { name: 'log/linekeeper.2026-11-20.jsonl', text: '{"message":"connected"}\n'.repeat(2000), removed: { known_secret: 2, uuid: 311 } },
  ];
}
