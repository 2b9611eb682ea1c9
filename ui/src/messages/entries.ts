/** The list of received messages as plain arrays, newest first. Pure; `inbox.svelte.ts` keeps one. */
import type { ReceivedMessage } from '../generated';

/** What the agent keeps of each endpoint, and so do we. */
export const KEPT = 100;

export interface Entry {
  /** Ours, unique in this window: `seq` starts again with the agent. */
  id: number;
  message: ReceivedMessage;
  /** Lower-case text the filter looks in; made when first needed. */
  searched?: string;
}

let ids = 0;

export function entry(message: ReceivedMessage): Entry {
  ids += 1;
  return { id: ids, message };
}

/** `arrivals` (oldest first) in front of `kept` (newest first), at most `limit` of each endpoint. */
export function keepNewest(arrivals: readonly Entry[], kept: readonly Entry[], limit = KEPT): Entry[] {
  const counts = new Map<string, number>();
  const out: Entry[] = [];
  const take = (candidate: Entry) => {
    const { endpoint } = candidate.message;
    const count = counts.get(endpoint) ?? 0;
    if (count >= limit) return;
    counts.set(endpoint, count + 1);
    out.push(candidate);
  };
  for (let i = arrivals.length - 1; i >= 0; i -= 1) {
    const candidate = arrivals[i];
    if (candidate) take(candidate);
  }
  kept.forEach(take);
  return out;
}

/** The agent's rings and what arrived while they were loaded; what is in both stays once. */
export function mergeLoaded(loaded: readonly ReceivedMessage[], live: readonly Entry[]): Entry[] {
  const key = ({ endpoint, seq }: ReceivedMessage) => `${endpoint} ${seq.toString()}`;
  const known = new Set(live.map(({ message }) => key(message)));
  const all = [...loaded.filter((message) => !known.has(key(message))).map(entry), ...live];
  all.sort((a, b) => order(a.message, b.message));
  return keepNewest(all, []);
}

function order(a: ReceivedMessage, b: ReceivedMessage): number {
  if (a.endpoint === b.endpoint) return a.seq - b.seq;
  return Date.parse(a.received_at) - Date.parse(b.received_at);
}

/** Whether an entry passes: from this endpoint (empty: any), with this text in it. */
export function passes(candidate: Entry, endpoint: string, text: string): boolean {
  if (endpoint !== '' && candidate.message.endpoint !== endpoint) return false;
  if (text === '') return true;
  candidate.searched ??= searchable(candidate.message);
  return candidate.searched.includes(text);
}

function searchable({ format, data, endpoint }: ReceivedMessage): string {
  const text = format === 'json' ? JSON.stringify(data) : format === 'text' ? String(data) : '';
  return `${endpoint} ${text.slice(0, 8192)}`.toLowerCase();
}
