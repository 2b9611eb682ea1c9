/** Steps of a check as the few stages a person reads: this computer, name, connection, and so on. Pure. */
import type { CheckEndpoint, CheckReport, EndpointId, Finding, Step, StepId, StepStatus } from '../generated';
import { responseTime } from '../words/measure';
import { phrase, type Phrase } from '../words/phrase';
import { oneLine } from '../words/plain';

export const STAGES = ['computer', 'name', 'connection', 'proxy', 'security', 'web', 'websocket', 'fallback', 'response', 'silence'] as const;
export type StageName = (typeof STAGES)[number];

/** The first letter of a step names its group; D2 stands for itself, and A8 is no state of this computer. */
export function stageOf(step: StepId | null): StageName | null {
  if (step === null || step === 'A8') return null;
  if (step === 'D2') return 'proxy';
  if (step === 'G4' || step === 'G5' || step === 'G6' || step === 'G7') return 'fallback';
  const groups: Record<string, StageName> = { A: 'computer', B: 'name', D: 'connection', E: 'security', F: 'web', G: 'websocket', H: 'response', I: 'silence' };
  return groups[step.charAt(0)] ?? null;
}

/** `running`: begun and not ended; `awaited`: not begun. */
export type StageState = StepStatus | 'running' | 'awaited';

/** Words of ours, a finding, or what the other side said where the finding stands elsewhere on the page. */
export type Says = Phrase | Finding | { raw: string };

export interface Stage {
  name: StageName;
  state: StageState;
  /** What was learned, or what is wrong; `null` while there is nothing to say. */
  says: Says | null;
  /** Milliseconds, counted from the start of the check. */
  from: number;
  to: number;
  /** How long its part of the dial took, where that is known; else how long its steps took. */
  ms: number | null;
}

export interface Group {
  /** `null`: this computer and its network. */
  endpoint: EndpointId | null;
  name: string;
  stages: Stage[];
}

/** The worst first. What was skipped or does not apply says nothing about the others. */
const WORST: readonly StageState[] = ['fail', 'error', 'warn', 'running', 'cancelled', 'pass', 'skip', 'na', 'awaited'];

function worst(states: readonly StageState[]): StageState {
  return WORST.find((state) => states.includes(state)) ?? 'na';
}

/** How all of a group stands. */
export function standing({ stages }: Group): StageState {
  const states = stages.map(({ state }) => state);
  // Between two stages something is still to come.
  return states.includes('awaited') && worst(states) === 'pass' ? 'running' : worst(states);
}

/** A step that has begun, or ended. */
export interface Seen {
  id: StepId;
  endpoint: EndpointId | null;
  ended: Step | null;
  /** Milliseconds from the start of the check to its begin. */
  begun: number;
}

/** A connection that is being checked. */
export interface Checked {
  id: EndpointId;
  name: string;
  url: string;
}

/** What is checked of a connection, as far as it is known before; a row that is there from the start moves no other. */
const PLANNED: readonly StageName[] = ['name', 'connection', 'web', 'websocket', 'response'];

/** Stages of a check under way: those that will come are there, and wait. */
export function underWay(seen: readonly Seen[], checked: readonly Checked[]): Group[] {
  const secure = new Set(checked.filter(({ url }) => /^(wss|https):/i.test(url)).map(({ id }) => id));
  const planned = (endpoint: EndpointId | null, stage: StageName) =>
    endpoint === null ? stage === 'computer' : PLANNED.includes(stage) || (stage === 'security' && secure.has(endpoint));
  return groups(seen, new Map(checked.map(({ id, name }) => [id, name])), { planned, says: () => null, ms: () => null });
}

/** Stages of a finished check. `told` stand elsewhere on the page: here it is said what they rest on. */
export function finished(report: CheckReport, told: readonly Finding[] = []): Group[] {
  const names = new Map(report.endpoints.map(({ id, name }) => [id, name]));
  const seen = report.steps.map((step) => ({ id: step.id, endpoint: step.endpoint ?? null, ended: step, begun: step.start_ms }));
  const about = new Map(report.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const says = (stage: StageName, endpoint: EndpointId | null, state: StageState, steps: readonly Seen[]) => {
    const found = trouble(report, stage, endpoint, state);
    const learned = state === 'fail' && stage !== 'connection' ? null : fact(report, stage, endpoint === null ? undefined : about.get(endpoint), state);
    return found && told.includes(found) ? (learned ?? answer(steps) ?? found) : (found ?? learned);
  };
  const ms = (stage: StageName, endpoint: EndpointId | null) => (endpoint === null ? null : phase(stage, about.get(endpoint)));
  return groups(seen, names, { planned: () => false, says, ms });
}

/** One connection and this computer make one list: there is nothing to tell apart. */
export function together(groups: Group[]): Group[] {
  const [computer, only, ...more] = groups;
  if (!computer || !only || computer.endpoint !== null || more.length > 0) return groups;
  return [{ ...only, stages: [...computer.stages, ...only.stages] }];
}

interface Told {
  planned(endpoint: EndpointId | null, stage: StageName): boolean;
  says(stage: StageName, endpoint: EndpointId | null, state: StageState, steps: readonly Seen[]): Says | null;
  ms(stage: StageName, endpoint: EndpointId | null): number | null;
}

function groups(seen: readonly Seen[], names: ReadonlyMap<EndpointId, string>, { planned, says, ms }: Told): Group[] {
  const of = by(seen, ({ endpoint }) => endpoint);
  return [null, ...names.keys()].flatMap((endpoint) => {
    const own = by(of.get(endpoint) ?? [], ({ id }) => stageOf(id));
    const stages = STAGES.flatMap((name): Stage[] => {
      // What is checked once for all, beside this computer itself, only explains.
      if (endpoint === null && name !== 'computer') return [];
      const steps = own.get(name) ?? [];
      const state = worst(steps.map(({ ended }) => ended?.status ?? 'running'));
      if (steps.length === 0 || state === 'na') {
        return planned(endpoint, name) ? [{ name, state: steps.length === 0 ? 'awaited' : 'na', says: null, from: 0, to: 0, ms: null }] : [];
      }
      const from = Math.min(...steps.map(({ begun }) => begun));
      const took = ms(name, endpoint) ?? Math.max(...steps.map(({ begun, ended }) => begun + (ended?.ms ?? 0))) - from;
      // What is drawn is what the number beside it says: of a connection the dial, not the other addresses after it.
      return [{ name, state, says: says(name, endpoint, state, steps), from, to: from + took, ms: state === 'skip' ? null : took }];
    });
    return stages.length > 0 ? [{ endpoint, name: endpoint === null ? '' : (names.get(endpoint) ?? endpoint), stages }] : [];
  });
}

function by<T, K>(all: readonly T[], key: (one: T) => K): Map<K, T[]> {
  const found = new Map<K, T[]>();
  for (const one of all) {
    const beside = found.get(key(one));
    if (beside) beside.push(one);
    else found.set(key(one), [one]);
  }
  return found;
}

/** What the other side said, where a step failed for it. */
function answer(steps: readonly Seen[]): { raw: string } | null {
  const raw = steps.map(({ ended }) => (ended?.status === 'fail' || ended?.status === 'warn' ? ended.error_raw : null)).find(Boolean);
  return raw ? { raw: oneLine(raw, SHORT) } : null;
}

/** The finding a stage stands for, when it did not go well. */
function trouble(report: CheckReport, stage: StageName, endpoint: EndpointId | null, state: StageState): Finding | null {
  if (state === 'pass' || state === 'skip') return null;
  const own = report.findings.filter((finding) => stageOf(finding.step ?? null) === stage && (finding.endpoint ?? null) === endpoint);
  return own.find((finding) => finding.severity === 'fail') ?? own.find((finding) => finding.severity === 'warn') ?? null;
}

function phase(stage: StageName, endpoint: CheckEndpoint | undefined): number | null {
  const timing = endpoint?.timing_ms;
  const times: Partial<Record<StageName, number | null | undefined>> = {
    name: timing?.dns, connection: timing?.tcp, proxy: timing?.proxy, security: timing?.tls, web: timing?.first_byte, websocket: timing?.upgrade,
  };
  return times[stage] ?? null;
}

const SHORT = 60;

/** What a stage learned, in a few words. */
function fact(report: CheckReport, stage: StageName, endpoint: CheckEndpoint | undefined, state: StageState): Phrase | null {
  if (state === 'skip') return phrase('check-skipped');
  if (state === 'cancelled') return phrase('check-cancelled');
  if (state === 'error') return phrase('check-broke-off');
  if (stage === 'computer') return computer(report);
  if (!endpoint) return null;
  const { addresses, tls, http, quality } = endpoint;
  if (stage === 'name') return phrase('check-addresses', { count: addresses.length });
  if (stage === 'connection') {
    const used = addresses.find((one) => one.used) ?? addresses.find((one) => one.result === 'connected');
    if (used) return state === 'fail' ? null : phrase('check-connected-to', { address: used.ip });
    const [dead] = addresses;
    return dead ? phrase('check-address-dead', { address: dead.ip, result: dead.result }) : null;
  }
  if (stage === 'proxy') return endpoint.proxy?.url ? phrase('check-through', { proxy: oneLine(endpoint.proxy.url, SHORT) }) : null;
  if (stage === 'security') {
    const [leaf] = tls?.chain ?? [];
    return leaf ? phrase('check-certificate', { issuer: oneLine(leaf.issuer, SHORT), days: Math.max(0, tls?.days_left ?? 0) }) : null;
  }
  if (stage === 'web') {
    if (!http) return null;
    return http.server ? phrase('check-answered-by', { status: http.status, server: oneLine(http.server, SHORT) }) : phrase('check-answered', { status: http.status });
  }
  if (stage === 'websocket') return phrase('check-open');
  if (stage === 'response' && quality) return phrase('check-median', { time: responseTime(quality.median), count: quality.samples });
  return null;
}

function computer({ environment }: CheckReport): Phrase {
  const [first] = environment.interfaces;
  const skew = environment.clock_skew_ms;
  if (typeof skew === 'number' && Math.abs(skew) >= 1000) return phrase('check-clock', { time: responseTime(Math.abs(skew)) });
  return first ? phrase('check-network', { name: first.name }) : phrase('check-no-interface');
}
