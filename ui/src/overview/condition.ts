/** One endpoint's condition as it is drawn: glyph, tone, and the words beside them. Pure. */
import type { EndpointSnapshot, Overall, Remedy, WaitCause } from '../generated';
import { countdown, span } from '../words/measure';
import { phrase, type Phrase } from '../words/phrase';
import { oneLine } from '../words/plain';

const HOST_LENGTH = 60;

/** The shapes, one meaning each; the tray draws the same family. */
export type Shape = 'up' | 'fallback' | 'connecting' | 'partial' | 'trouble' | 'offline' | 'paused';
export type Tone = 'good' | 'notice' | 'trouble' | 'idle' | 'busy';

export interface Condition {
  shape: Shape;
  tone: Tone;
  /** The state in a word, for the glyph's name. */
  word: Phrase;
  /** What stands under the name. */
  line: Phrase;
  /** The transport in use, or the state's word when none is. */
  pill: Phrase;
}

export const TONES: Record<Shape, Tone> = {
  up: 'good',
  fallback: 'notice',
  partial: 'notice',
  connecting: 'busy',
  trouble: 'trouble',
  offline: 'idle',
  paused: 'idle',
};

const OVERALL: Record<Overall, Shape> = {
  connected: 'up',
  degraded: 'fallback',
  partial: 'partial',
  down: 'trouble',
  offline: 'offline',
  paused: 'paused',
  connecting: 'connecting',
};

export function overallShape(overall: Overall): Shape {
  return OVERALL[overall];
}

export function condition(endpoint: EndpointSnapshot, now: number): Condition {
  const shape = shapeOf(endpoint);
  const transport = phrase(`transport-${dashed(endpoint.transport)}`);
  const word = phrase(`state-${shape === 'trouble' ? endpoint.state : shape}`);
  return { shape, tone: TONES[shape], word, line: lineOf(endpoint, shape, now), pill: pillOf(endpoint, shape, transport, word) };
}

function pillOf(endpoint: EndpointSnapshot, shape: Shape, transport: Phrase, word: Phrase): Phrase {
  if (shape === 'up') return transport;
  if (shape !== 'fallback') return word;
  return isOnBackup(endpoint) ? phrase('pill-backup') : phrase('pill-fallback', { transport });
}

/** Whether another host than the configured one serves. */
export function isOnBackup({ degraded, url, host }: EndpointSnapshot): boolean {
  return degraded && !(url === host || url.startsWith(`${host}/`) || url.startsWith(`${host}?`));
}

/** A host as people call it: without the scheme. */
export function bareHost(host: string): string {
  return host.replace(/^[a-z]+:\/\//, '');
}

export function isPaused(endpoint: EndpointSnapshot): boolean {
  return endpoint.reason === 'paused';
}

export function shapeOf({ state, reason, degraded }: EndpointSnapshot): Shape {
  if (reason === 'paused') return 'paused';
  if (reason === 'offline') return 'offline';
  if (state === 'connected') return degraded ? 'fallback' : 'up';
  return state === 'connecting' ? 'connecting' : 'trouble';
}

function lineOf(endpoint: EndpointSnapshot, shape: Shape, now: number): Phrase {
  const { attempt, reason } = endpoint;
  const duration = span(now - Date.parse(endpoint.since));
  if (shape === 'fallback' && isOnBackup(endpoint)) return phrase('line-backup', { duration, host: oneLine(bareHost(endpoint.host), HOST_LENGTH) });
  const { quality } = endpoint;
  if (shape === 'up' && (quality === 'fair' || quality === 'poor')) return phrase('line-quality', { duration, quality: phrase(`quality-${quality}`) });
  if (shape !== 'trouble') return phrase(`line-${shape}`, { duration });
  // Refused credentials and a wrong address are what the error beneath says already.
  const saidBelow = endpoint.last_error !== null && (reason === 'auth_required' || reason === 'misconfigured');
  if (reason !== null && !saidBelow) return phrase('line-reason', { duration, reason: phrase(`reason-${dashed(reason)}`) });
  return attempt > 0 ? phrase('line-attempt', { duration, attempt }) : phrase('line-down', { duration });
}

/** When the next try starts; `null` when none is due. */
export function nextTry({ state, reason, next_attempt_at }: EndpointSnapshot, now: number): Phrase | null {
  if (state === 'connected' || reason === 'paused' || reason === 'offline') return null;
  if (next_attempt_at === null) return state === 'reconnecting' ? phrase('next-try-now') : null;
  const left = Date.parse(next_attempt_at) - now;
  return left > 0 ? phrase('next-try', { duration: countdown(left) }) : phrase('next-try-now');
}

/** What the wait is for. */
export function waitingFor({ waiting, next_attempt_at }: EndpointSnapshot): Phrase | null {
  return waiting === null || next_attempt_at === null ? null : phrase(`wait-${dashed(waiting)}`, { time: { moment: next_attempt_at } });
}

/** These waits would look like idling beside an error that says nothing of them; the others follow from the error. */
const TOLD_AT_ONCE: readonly (WaitCause | null)[] = ['server_asked', 'budget'];

export interface Advice {
  /** Sentences beyond the error, the cause of a wait or what happens next. */
  cause: Phrase | null;
  /** What a person can do. */
  remedy: Remedy | null;
}

/** What stands under a row without being asked for. */
export function advice(endpoint: EndpointSnapshot, now: number): Advice {
  const shape = shapeOf(endpoint);
  if (shape === 'fallback') return { cause: nextCheck(endpoint, now), remedy: null };
  // What somebody paused needs nothing, and a computer without a network says so in the first sentence of the page.
  if (shape !== 'trouble') return { cause: null, remedy: null };
  return { cause: TOLD_AT_ONCE.includes(endpoint.waiting) ? waitingFor(endpoint) : null, remedy: endpoint.remedy };
}

/** On a backup host: when the preferred one is checked again. */
export function nextCheck(endpoint: EndpointSnapshot, now: number): Phrase | null {
  const { primary_check_at } = endpoint;
  if (primary_check_at === null || !isOnBackup(endpoint)) return null;
  const left = Date.parse(primary_check_at) - now;
  return left > 0 ? phrase('next-check', { duration: countdown(left) }) : phrase('next-check-now');
}

export function dashed(word: string): string {
  return word.replaceAll('_', '-');
}
