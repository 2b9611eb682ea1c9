/** What is said of the messages that wait for one endpoint. Pure. */
import type { EndpointSnapshot, StatusSnapshot } from '../generated';
import { shapeOf, type Tone } from '../overview/condition';
import { phrase, type Phrase } from '../words/phrase';

/** On a line that is up, messages that wait no longer than this are only passing through. */
const LASTING_MS = 5_000;

/** What has to happen before messages go out. */
export type Until = 'now' | 'back' | 'first' | 'resume';

export function until(endpoint: EndpointSnapshot): Until {
  switch (shapeOf(endpoint)) {
    case 'up':
    case 'fallback':
      return 'now';
    case 'paused':
      return 'resume';
    case 'connecting':
      return 'first';
    default:
      return 'back';
  }
}

/** How many wait, and for what; `null` when none does. */
export function waiting(endpoint: EndpointSnapshot): Phrase | null {
  const count = endpoint.outbox.queued;
  return count === 0 ? null : phrase(`waiting-${until(endpoint)}`, { count });
}

/** The same where it is news: on a line that is up, messages come and go all the time. */
export function backlog(endpoint: EndpointSnapshot): Phrase | null {
  const passing = until(endpoint) === 'now' && (endpoint.outbox.oldest_ms ?? 0) < LASTING_MS;
  return passing ? null : waiting(endpoint);
}

/** Messages that wait for something, of all endpoints, and whether a crash would leave them all. */
export function heldUp({ endpoints }: StatusSnapshot): { count: number; onDisk: boolean } {
  const held = endpoints.filter((endpoint) => backlog(endpoint) !== null);
  return {
    count: held.reduce((sum, { outbox }) => sum + outbox.queued, 0),
    onDisk: held.every(({ outbox }) => outbox.level !== 'memory'),
  };
}

export interface Mark {
  tone: Tone;
  word: Phrase;
}

/** What is not as it should be with a buffer, in a word; `null` when all is well. */
export function mark({ outbox }: EndpointSnapshot): Mark | null {
  if (outbox.state === 'unavailable') return { tone: 'trouble', word: phrase('buffer-unavailable') };
  if (outbox.state === 'full') return { tone: 'trouble', word: phrase('buffer-full') };
  if (outbox.dead > 0) return { tone: 'notice', word: phrase('pill-not-delivered', { count: outbox.dead }) };
  return outbox.level === 'memory' ? { tone: 'notice', word: phrase('pill-memory') } : null;
}

/** Age of the oldest message now; the agent said it when it last spoke. */
export function oldest({ outbox }: EndpointSnapshot, heardAt: number, now: number): number | null {
  return outbox.oldest_ms === null ? null : outbox.oldest_ms + Math.max(0, now - heardAt);
}
