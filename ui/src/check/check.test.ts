/** What a check's steps become on the page. */
import { describe, expect, it } from 'vitest';
import type { CheckReport, Finding, Step, StepId, StepStatus } from '../generated';
import { finished, standing, together, underWay } from './stages';
import { values } from './values';
import { backup, beside, meanwhile, primary, tone } from './verdict';

const step = (id: StepId, endpoint: string | null, status: StepStatus, start_ms = 0, ms = 10): Step => ({
  id, ...(endpoint === null ? {} : { endpoint }), status, start_ms, ms, attempts: 1, detail: {},
});
const finding = (over: Partial<Finding> & Pick<Finding, 'code'>): Finding => ({
  severity: 'fail', text: '', remedy: '', owner: 'server', confidence: 'certain', args: {}, evidence: ['x'], ...over,
});

function report(over: Partial<CheckReport> = {}): CheckReport {
  return {
    schema_version: 1, run_id: 'r', ref: '7F3K', app: { version: '0', os: '', package: 'dev' }, trigger: 'window', mode: 'quick',
    started_at: '2026-11-20T00:00:00Z', duration_ms: 1,
    verdict: { class: 'server', owner: 'server', confidence: 'certain', primary: 'HT-07', line: '', next_action: '' },
    findings: [], environment: { interfaces: [{ name: 'eth0', addresses: [], tunnel: false }], gateways: [], resolvers: [], vpn: [] },
    endpoints: [{
      id: 'a', name: 'A', url: 'ws://h/', live: {}, timing_ms: { tcp: 4 }, name_servers: [], transports: [],
      addresses: [{ ip: '::1', family: 6, result: 'refused', ms: 1, used: false }, { ip: '127.0.0.1', family: 4, result: 'connected', ms: 4, used: true }],
    }],
    steps: [], redaction: { policy: 1, counts: {}, clean: true }, ...over,
  };
}

describe('stages', () => {
  it('hide what does not apply, and are as bad as their worst step', () => {
    const [computer, a] = finished(report({
      steps: [step('A1', null, 'pass'), step('A6', null, 'warn'), step('A8', null, 'fail'), step('D1', 'a', 'pass', 5, 20), step('D3', 'a', 'na'), step('D2', 'a', 'na'), step('G1', 'a', 'fail'), step('G4', 'a', 'na'), step('H1', 'a', 'skip')],
    }));
    expect(computer?.stages.map(({ name, state }) => [name, state])).toEqual([['computer', 'warn']]);
    expect(a?.stages.map(({ name, state }) => [name, state])).toEqual([['connection', 'pass'], ['websocket', 'fail'], ['response', 'skip']]);
  });

  it('say what they learned, and what is wrong where something is', () => {
    const wrong = finding({ code: 'HT-07', endpoint: 'a', step: 'G1' });
    const [, a] = finished(report({ findings: [wrong], steps: [step('A1', null, 'pass'), step('D1', 'a', 'pass', 5, 20), step('G1', 'a', 'fail'), step('H1', 'a', 'skip')] }));
    expect(a?.stages.map(({ says }) => says)).toEqual([{ key: 'check-connected-to', args: { address: '127.0.0.1' } }, wrong, { key: 'check-skipped' }]);
    expect(a?.stages[0]).toMatchObject({ ms: 4, from: 5, to: 9 });
  });

  it('say in words what became of an address, and leave the system\'s own text to the details', () => {
    const [endpoint] = report().endpoints;
    if (!endpoint) throw new Error('no endpoint');
    const told = finding({ code: 'TC-01', endpoint: 'a', step: 'D1' });
    const dead = { ...endpoint, addresses: [{ ip: '127.0.0.1', family: 4, result: 'refused', ms: 1, used: false }] };
    const steps = [{ ...step('D1', 'a', 'fail'), error_raw: 'Connection refused (os error 111)' }];
    const [a] = finished(report({ findings: [told], endpoints: [dead], steps }), [told]);
    expect(a?.stages.map(({ says }) => says)).toEqual([{ key: 'check-address-dead', args: { address: '127.0.0.1', result: 'refused' } }]);
  });

  it('of one connection stand in one list with this computer', () => {
    const both = finished(report({ steps: [step('A1', null, 'pass'), step('D1', 'a', 'pass')] }));
    expect(together(both).map(({ endpoint, stages }) => [endpoint, stages.length])).toEqual([['a', 2]]);
    expect(together([])).toEqual([]);
  });

  it('say what the other side answered where the finding already stands above them', () => {
    const wrong = finding({ code: 'HT-07', endpoint: 'a', step: 'G1' });
    const odd = finding({ code: 'TC-05', endpoint: 'a', step: 'D1', severity: 'warn' });
    const steps = [step('D1', 'a', 'warn'), { ...step('G1', 'a', 'fail'), error_raw: 'HTTP 503\r\nService Unavailable' }];
    const says = (told: Finding[]) => finished(report({ findings: [wrong, odd], steps }), told)[0]?.stages.map(({ says }) => says);
    expect(says([])).toEqual([odd, wrong]);
    expect(says([wrong, odd])).toEqual([{ key: 'check-connected-to', args: { address: '127.0.0.1' } }, { raw: 'HTTP 503 Service Unavailable' }]);
  });

  it('under way are there before they begin, so that none moves another', () => {
    const checked = [{ id: 'a', name: 'A', url: 'wss://h/' }, { id: 'b', name: 'B', url: 'ws://h/' }];
    const at = (...steps: Parameters<typeof underWay>[0]) => underWay(steps, checked).map(({ stages }) => stages.map(({ state }) => state));
    expect(underWay([], checked).map(({ stages }) => stages.map(({ name }) => name))).toEqual([
      ['computer'], ['name', 'connection', 'security', 'web', 'websocket', 'response'], ['name', 'connection', 'web', 'websocket', 'response'],
    ]);
    const begun = { id: 'B1' as const, endpoint: 'a', ended: null, begun: 3 };
    const none = { id: 'B1' as const, endpoint: 'b', ended: step('B1', 'b', 'na'), begun: 3 };
    expect(at({ id: 'A1', endpoint: null, ended: step('A1', null, 'pass'), begun: 0 }, begun, none)).toEqual([
      ['pass'], ['running', ...Array<string>(5).fill('awaited')], ['na', ...Array<string>(4).fill('awaited')],
    ]);
    const [, a] = underWay([{ ...begun, ended: step('B1', 'a', 'pass') }], checked);
    expect(a && standing(a)).toBe('running');
  });
});

describe('the answer', () => {
  it('is as bad as its class', () => {
    const of = (verdict: CheckReport['verdict']['class']) => tone(report({ verdict: { ...report().verdict, class: verdict } }));
    expect([of('ok'), of('degraded'), of('incomplete'), of('dns')]).toEqual(['good', 'notice', 'notice', 'trouble']);
  });

  it('shows at most three others, and no consequences', () => {
    const first = finding({ code: 'HT-07' });
    const follows = finding({ code: 'WS-06', suppressed_by: 'HT-07' });
    const others = (['TC-05', 'QU-01', 'PC-06', 'TL-11'] as const).map((code) => finding({ code, severity: 'warn' }));
    const shown = report({ findings: [first, follows, ...others] });
    expect(primary(shown)).toBe(first);
    expect(beside(shown)).toEqual(others.slice(0, 3));
  });

  it('says beside the answer which backup host can help, and not once more below', () => {
    const first = finding({ code: 'TC-01', endpoint: 'a' });
    const helper = finding({ code: 'TC-12', endpoint: 'a', severity: 'info' });
    const other = finding({ code: 'TC-12', endpoint: 'b', severity: 'info' });
    const shown = report({ findings: [first, helper, other], verdict: { ...report().verdict, primary: 'TC-01' } });
    expect(backup(shown)).toBe(helper);
    expect(beside(shown)).toEqual([other]);
  });

  it('says what the live connection does, if there is one', () => {
    expect(meanwhile(report())).toBeNull();
    const live = { state: 'reconnecting' as const, transport: null, since: '', last_error: null, retry_in_ms: 12_000, waiting: 2 };
    const [endpoint] = report().endpoints;
    if (!endpoint) throw new Error('no endpoint');
    expect(meanwhile(report({ endpoints: [{ ...endpoint, live }] }))).toMatchObject({ key: 'check-meanwhile-retry', args: { count: 2 } });
    expect(meanwhile(report({ endpoints: [{ ...endpoint, live: { ...live, state: 'connected', transport: 'long_poll' } }] }))).toMatchObject({
      key: 'check-meanwhile-up', args: { transport: { key: 'transport-long-poll' } },
    });
  });
});

it('values are said anew where they are quantities, and stay what they are otherwise', () => {
  expect(values({ time: '38 ms', age: '2 h 5 min', size: '24 kB', wait: '4 min', usual: 'soon', count: '3', days: 'x', host: '31 ms', steps: 'D1, E1 (+2)' })).toEqual({
    time: { key: 'unit-ms', args: { n: 38 } },
    age: { key: 'span-h-min', args: { h: 2, min: 5 } },
    size: { key: 'unit-kb', args: { n: 24 } },
    wait: { key: 'span-min', args: { min: 4 } },
    usual: 'soon',
    count: 3,
    days: 'x',
    host: '31 ms',
    steps: [{ key: 'step-d1' }, { key: 'step-e1' }, '…'],
  });
});
