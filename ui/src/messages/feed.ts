/** Reads one message into the line it is shown as. Everything in it is a stranger's text: checked, cleaned, capped. Pure. */
import type { ReceivedMessage } from '../generated';
import { size } from '../words/measure';
import { phrase, type Phrase } from '../words/phrase';
import { oneLine } from '../words/plain';

export type Line =
  | { kind: 'price'; symbol: string; price: number; change: number | null; volume: number | null }
  | { kind: 'news'; title: string; source: string; mood: string | Phrase | null }
  | { kind: 'facts'; type: string; facts: Phrase[] }
  | { kind: 'json'; type: string; summary: string }
  | { kind: 'text'; text: string }
  | { kind: 'binary'; label: Phrase; hex: string }
  | { kind: 'empty' };

type Fields = Record<string, unknown>;

export function describe({ format, data, bytes }: ReceivedMessage): Line {
  if (format === 'binary') return { kind: 'binary', label: phrase('binary-size', { size: size(bytes) }), hex: hex(data, 16) };
  if (format === 'text') {
    const text = oneLine(String(data));
    return text === '' ? { kind: 'empty' } : { kind: 'text', text };
  }
  const fields = asFields(data);
  const type = asText(fields['type']);
  const inner = asFields(fields['data']);
  // The type is a stranger's word: `constructor` must find no reader.
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined;
  return reader?.(fields, inner) ?? { kind: 'json', type, summary: summarize(data, type !== '') };
}

/** One reader for each known `type`; `null` when the fields are not what they should be. */
const readers: Record<string, ((outer: Fields, inner: Fields) => Line | null) | undefined> = {
  price_update: (_, data) => {
    const price = asNumber(data['price']);
    const symbol = asText(data['symbol']);
    if (price === null || symbol === '') return null;
    return { kind: 'price', symbol, price, change: asNumber(data['change_24h']), volume: asNumber(data['volume_24h']) };
  },
  news: (_, data) => {
    const title = asText(data['title']);
    return title === '' ? null : { kind: 'news', title, source: asText(data['source']), mood: mood(data['sentiment']) };
  },
  system_status: (outer) => {
    const models = asFields(outer['ai_models']);
    const sources = asFields(outer['data_sources']);
    const online = asFields(outer['database'])['online'];
    return facts('system_status', [
      count('feed-models', models, { available: 'available', total: 'total' }),
      count('feed-sources', sources, { active: 'active', total: 'total' }),
      count('feed-requests', asFields(outer['stats']), { n: 'requests_last_minute' }),
      typeof online === 'boolean' ? phrase(online ? 'feed-database-online' : 'feed-database-offline') : null,
    ]);
  },
  sentiment_update: (_, data) => {
    const greed = asFields(data['fear_greed']);
    const word = mood(greed['classification']);
    return facts('sentiment_update', [
      count('feed-fear-greed', greed, { value: 'value' }),
      typeof word === 'string' ? null : word,
    ]);
  },
  models_status: (_, data) =>
    facts('models_status', [
      count('feed-models', data, { available: 'available', total: 'total' }),
      // None loading and none failed is not news.
      data['loading'] === 0 ? null : count('feed-loading', data, { n: 'loading' }),
      data['failed'] === 0 ? null : count('feed-failed', data, { n: 'failed' }),
    ]),
  connection_established: (outer, data) => {
    const id = asText(outer['connection_id']) || asText(data['connection_id']);
    return id === '' ? null : facts('connection_established', [phrase('feed-hub-open', { id })]);
  },
  pong: () => facts('pong', [phrase('feed-hub-pong')]),
};

function facts(type: string, found: (Phrase | null)[]): Line | null {
  const known = found.filter((fact) => fact !== null);
  return known.length === 0 ? null : { kind: 'facts', type, facts: known };
}

/** A phrase of numbers; `null` unless all of them are there. */
function count(key: string, from: Fields, names: Record<string, string>): Phrase | null {
  const args: Record<string, number> = {};
  for (const [arg, field] of Object.entries(names)) {
    const value = asNumber(from[field]);
    if (value === null) return null;
    args[arg] = value;
  }
  return phrase(key, args);
}

const MOODS = ['extreme fear', 'fear', 'neutral', 'greed', 'extreme greed', 'positive', 'negative', 'bullish', 'bearish', 'mixed'];

/** A mood in our words where we have one, else in the server's. */
function mood(value: unknown): string | Phrase | null {
  const text = asText(value);
  const known = text.toLowerCase().replaceAll('_', ' ');
  if (MOODS.includes(known)) return phrase(`mood-${known.replaceAll(' ', '-')}`);
  return text === '' ? null : text;
}

/** `a: 1, b: x, c: {…}`; stops as soon as the line is full, so a huge message costs no more than a small one. */
export function summarize(value: unknown, leaveOutType = false, cap = 300): string {
  let out = '';
  const write = (part: unknown, depth: number) => {
    if (out.length > cap) return;
    if (Array.isArray(part)) {
      out += '[';
      part.every((item, i) => {
        if (i > 0) out += ', ';
        write(item, depth + 1);
        return out.length <= cap;
      });
      out += ']';
    } else if (typeof part === 'object' && part !== null) {
      if (depth > 0) out += '{';
      let first = true;
      for (const key in part) {
        if (out.length > cap) break;
        if (depth === 0 && leaveOutType && key === 'type') continue;
        out += `${first ? '' : ', '}${key.slice(0, cap)}: `;
        first = false;
        write((part as Fields)[key], depth + 1);
      }
      if (depth > 0) out += '}';
    } else {
      out += typeof part === 'string' ? part.slice(0, cap) : String(part);
    }
  };
  write(value, 0);
  return oneLine(out, cap);
}

/** The first `most` bytes. */
export function hex(base64: unknown, most: number): string {
  try {
    // Four letters hold three bytes.
    const bytes = atob(String(base64).slice(0, Math.ceil(most / 3) * 4)).slice(0, most);
    return Array.from(bytes, (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join(' ');
  } catch {
    return '';
  }
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function asText(value: unknown): string {
  return typeof value === 'string' ? oneLine(value) : '';
}

function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
