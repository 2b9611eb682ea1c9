/** Turns quantities into phrases with sensible digits: 38 ms, 1.2 s, 24 kB, 3 h 12 min. */
import { phrase, type Phrase } from './phrase';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span of time in its one or two largest units. */
export function span(ms: number): Phrase {
  const left = Math.max(0, ms);
  if (left < MINUTE) return phrase('span-s', { s: Math.floor(left / SECOND) });
  if (left < HOUR) return phrase('span-min', { min: Math.floor(left / MINUTE) });
  if (left < DAY) return twoUnits('span-h', 'h', Math.floor(left / HOUR), 'min', Math.floor((left % HOUR) / MINUTE));
  return twoUnits('span-d', 'd', Math.floor(left / DAY), 'h', Math.floor((left % DAY) / HOUR));
}

function twoUnits(key: string, large: string, many: number, small: string, rest: number): Phrase {
  return rest === 0 ? phrase(key, { [large]: many }) : phrase(`${key}-${small}`, { [large]: many, [small]: rest });
}

/** Time left, rounded up: it reads 1 s until it is over. */
export function countdown(ms: number): Phrase {
  return span(Math.ceil(Math.max(0, ms) / SECOND) * SECOND);
}

/** A response time. */
export function responseTime(ms: number): Phrase {
  if (ms < 0.95) return phrase('unit-ms', { n: Math.max(0.1, round(ms, 1)) });
  if (ms < 999.5) return phrase('unit-ms', { n: round(ms, ms < 9.95 ? 1 : 0) });
  return phrase('unit-s', { n: round(ms / SECOND, ms < 9950 ? 1 : 0) });
}

/** A size, in decimal units. */
export function size(bytes: number): Phrase {
  const units = ['b', 'kb', 'mb', 'gb', 'tb'];
  let unit = 0;
  let n = Math.max(0, bytes);
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000;
    unit += 1;
  }
  return phrase(`unit-${units[unit] ?? 'b'}`, { n: round(n, unit > 0 && n < 9.95 ? 1 : 0) });
}

function round(n: number, digits: number): number {
  return Number(n.toFixed(digits));
}
