/** One endpoint's condition as it is drawn: glyph, tone, and the words beside them. Pure. */
import type { EndpointSnapshot, Overall } from '../generated';
import { countdown, span } from '../words/measure';
import { phrase, type Phrase } from '../words/phrase';

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
  const pill = shape === 'up' ? transport : shape === 'fallback' ? phrase('pill-fallback', { transport }) : word;
  return { shape, tone: TONES[shape], word, line: lineOf(endpoint, shape, now), pill };
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

export function dashed(word: string): string {
  return word.replaceAll('_', '-');
}
