/** The first sentence of the window and what stands behind it. Pure. */
import type { EndpointSnapshot, StatusSnapshot } from '../generated';
import { heldUp } from '../sending/waiting';
import { span } from '../words/measure';
import { phrase, type Phrase } from '../words/phrase';
import { oneLine } from '../words/plain';
import { isPaused, shapeOf } from './condition';

export interface Verdict {
  headline: Phrase;
  /** Sentences, the most important first; may be empty. */
  causes: Phrase[];
}

const NAMES_SHOWN = 3;
const NAME_LENGTH = 40;
/** More would be a list, and the list is below. */
const CAUSES_SHOWN = 2;

export function verdict(snapshot: StatusSnapshot, now: number): Verdict {
  const { overall, endpoints } = snapshot;
  if (endpoints.length === 0) return { headline: phrase('verdict-empty'), causes: [phrase('cause-empty')] };
  const wanted = endpoints.filter((endpoint) => !isPaused(endpoint));
  const by = (shape: string) => endpoints.filter((endpoint) => shapeOf(endpoint) === shape);
  const up = wanted.filter(({ state }) => state === 'connected').length;
  const total = overall === 'paused' ? endpoints.length : wanted.length;
  const headline = phrase(`verdict-${overall}`, { up, total, fallback: by('fallback').length });

  const causes: Phrase[] = [];
  const add = (key: string, group: EndpointSnapshot[]) => {
    if (group.length > 0) causes.push(phrase(key, { names: names(group), count: group.length, duration: span(now - oldest(group)) }));
  };
  add('cause-down', by('trouble'));
  if (overall === 'offline') causes.push(phrase('cause-offline'));
  else add('cause-no-network', by('offline'));
  if (overall !== 'degraded' || by('fallback').length < total) add('cause-fallback', by('fallback'));
  add('cause-connecting', by('connecting'));
  if (overall !== 'paused') add('cause-paused', by('paused'));
  const { count, onDisk } = heldUp(snapshot);
  if (count > 0) causes.splice(CAUSES_SHOWN - 1, 0, phrase(onDisk ? 'cause-on-disk' : 'cause-waiting', { count }));
  if (causes.length === 0) causes.push(phrase('cause-steady', { duration: span(now - newest(endpoints)) }));
  return { headline, causes: causes.slice(0, CAUSES_SHOWN) };
}

function names(group: EndpointSnapshot[]): (string | Phrase)[] {
  const all = group.map(({ name }) => oneLine(name, NAME_LENGTH));
  if (all.length <= NAMES_SHOWN) return all;
  return [...all.slice(0, NAMES_SHOWN - 1), phrase('names-more', { count: all.length - NAMES_SHOWN + 1 })];
}

function oldest(group: EndpointSnapshot[]): number {
  return Math.min(...group.map(({ since }) => Date.parse(since)));
}

function newest(group: EndpointSnapshot[]): number {
  return Math.max(...group.map(({ since }) => Date.parse(since)));
}
