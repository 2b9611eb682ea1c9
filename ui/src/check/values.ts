/**
 * Values of a finding in the language of its sentence. A report carries them as they are said in English; numbers, times,
 * sizes and names of steps are said anew, everything else stays what it is: a name or a server's own words. The same rule as
 * in the crate `diagnostics`, words/value.rs.
 */
import type { Finding } from '../generated';
import { phrase, type Arg, type Phrase } from '../words/phrase';
import { oneLine } from '../words/plain';

const MEASURES = ['time', 'usual', 'lost', 'wait', 'age', 'skew', 'idle', 'heartbeat', 'size', 'delay'];
const NUMBERS = ['count', 'total', 'dead', 'days', 'port_count'];

export function values(args: Finding['args']): Record<string, Arg> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, valueOf(name, oneLine(value ?? ''))]));
}

function valueOf(name: string, value: string): Arg {
  if (NUMBERS.includes(name) && /^\d+$/.test(value)) return Number(value);
  if (MEASURES.includes(name)) return measure(value) ?? value;
  return name === 'steps' ? steps(value) : value;
}

/** `38 ms`, `1.2 s`, `24 kB`, `2 h 5 min`. */
function measure(text: string): Phrase | null {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?) (ms|s|min|h|d|B|kB|MB|GB|TB)(?: |$)/g)];
  const [first, second] = parts.map(([, number, unit]) => ({ number: Number(number), unit: unit ?? '' }));
  if (!first || parts.map(([whole]) => whole).join('') !== text) return null;
  if (second) return phrase(`span-${first.unit}-${second.unit}`, { [first.unit]: first.number, [second.unit]: second.number });
  if (['min', 'h', 'd'].includes(first.unit)) return phrase(`span-${first.unit}`, { [first.unit]: first.number });
  return phrase(`unit-${first.unit.toLowerCase()}`, { n: first.number });
}

/** Steps by their ids: `D1, E1 (+2)`. */
function steps(value: string): Arg {
  const [ids = '', more] = value.split(' (+');
  const names = ids.split(', ').map((id) => phrase(`step-${id.toLowerCase()}`));
  return more === undefined ? names : [...names, '…'];
}
