/** Every word stands in every language, with the same arguments, and every code and key in use has words. */
import { readFileSync, readdirSync } from 'node:fs';
import { FluentBundle, FluentResource } from '@fluent/bundle';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { dashed } from '../overview/condition';
import { phrase } from './phrase';
import { chooseLanguage, words } from './words.svelte';

const locales = new URL('../../locales/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, locales), 'utf8');
const LANGUAGES = ['en', 'ru', 'fa'] as const;
const sources = Object.fromEntries(LANGUAGES.map((language) => [language, `${read(`${language}.ftl`)}\n${read(`${language}.findings.ftl`)}`]));

/** Each message and attribute with the variables it shows and those it only selects by. */
function messages(source: string): Map<string, { shown: Set<string>; selected: Set<string> }> {
  const found = new Map<string, { shown: Set<string>; selected: Set<string> }>();
  const visit = (node: unknown, into: { shown: Set<string>; selected: Set<string> }): void => {
    if (Array.isArray(node)) {
      for (const part of node) visit(part, into);
    } else if (typeof node === 'object' && node !== null) {
      const { type, name, selector, variants } = node as Record<string, unknown>;
      if (type === 'var') into.shown.add(name as string);
      if (type === 'select') {
        into.selected.add((selector as { name: string }).name);
        for (const variant of variants as { value: unknown }[]) visit(variant.value, into);
      }
    }
  };
  for (const { id, value, attributes } of new FluentResource(source).body) {
    const add = (key: string, pattern: unknown) => {
      expect(found.has(key), `${key} stands twice`).toBe(false);
      const variables = { shown: new Set<string>(), selected: new Set<string>() };
      visit(pattern, variables);
      found.set(key, variables);
    };
    add(id, value);
    for (const [attribute, pattern] of Object.entries(attributes)) add(`${id}.${attribute}`, pattern);
  }
  return found;
}

const english = messages(sources['en'] ?? '');

describe.each(LANGUAGES)('%s', (language) => {
  const source = sources[language] ?? '';
  const own = messages(source);

  it('has every key and no other', () => {
    expect([...own.keys()]).toEqual([...english.keys()]);
  });

  it('shows the same arguments, and selects only by those English has', () => {
    for (const [key, { shown, selected }] of own) {
      const original = english.get(key);
      const known = new Set([...(original?.shown ?? []), ...(original?.selected ?? [])]);
      for (const name of original?.shown ?? []) expect(shown, `${key} leaves out $${name}`).toContain(name);
      for (const name of [...shown, ...selected]) expect(known, `${key} invents $${name}`).toContain(name);
    }
  });

  it('has no entry that the parser passes over', () => {
    const written = [...source.matchAll(/^([a-z][\w-]*) =/gm)].map(([, key]) => key);
    const parsed = new FluentResource(source).body.map(({ id }) => id);
    expect(parsed).toEqual(written);
  });

  it('speaks every message without an error', () => {
    const bundle = new FluentBundle(language);
    expect(bundle.addResource(new FluentResource(source))).toEqual([]);
    for (const { id } of new FluentResource(source).body) {
      const errors: Error[] = [];
      const args = Object.fromEntries([...(english.get(id)?.shown ?? []), ...(english.get(id)?.selected ?? [])].map((name) => [name, 2]));
      const pattern = bundle.getMessage(id)?.value;
      if (pattern) bundle.formatPattern(pattern, args, errors);
      expect(errors, id).toEqual([]);
    }
  });

  it('has words for every error code', () => {
    const codes = readFileSync(new URL('../generated/ErrorCode.ts', import.meta.url), 'utf8').match(/"([a-z0-9_]+)"/g) ?? [];
    expect(codes.length).toBeGreaterThan(40);
    for (const code of codes) expect(own.has(`error-${dashed(code.replaceAll('"', ''))}`), code).toBe(true);
  });

  it('says what to do in a sentence short enough for a row', () => {
    const bundle = new FluentBundle(language);
    bundle.addResource(new FluentResource(source));
    const remedies = [...own.keys()].filter((key) => key.startsWith('remedy-'));
    expect(remedies.length).toBeGreaterThan(30);
    for (const key of remedies) {
      const text = bundle.formatPattern(bundle.getMessage(key)?.value ?? '');
      expect(text.length, key).toBeLessThanOrEqual(160);
      expect(text, key).toMatch(/\.$/u);
    }
  });

  it.each([
    ['Overall', 'verdict-'],
    ['EndpointState', 'state-'],
    ['Reason', 'reason-'],
    ['Transport', 'transport-'],
    ['Quality', 'quality-'],
    ['RemedyCode', 'remedy-'],
    ['Owner', 'owner-'],
    ['WaitCause', 'wait-'],
    ['BufferLevel', 'level-'],
    ['BufferState', 'buffer-'],
    ['StepReason', 'step-reason-'],
  ])('has words for every %s', (type, prefix) => {
    const values = readFileSync(new URL(`../generated/${type}.ts`, import.meta.url), 'utf8').match(/"([a-z0-9_]+)"/g) ?? [];
    // A connected endpoint is told as "up" or "fallback".
    for (const value of values.filter((word) => word !== '"connected"' || type !== 'EndpointState')) {
      expect(own.has(`${prefix}${dashed(value.replaceAll('"', ''))}`), value).toBe(true);
    }
  });
});

it('has words for every way of waiting, every stage of a message and every cause of its end', () => {
  const keys = (prefix: string, words: string) => words.split(' ').map((word) => `${prefix}-${word}`);
  const made = [...keys('waiting', 'now back first resume'), ...keys('compose', 'now back first resume'), ...keys('sent', 'storing accepted delivered missed'), ...keys('dead', 'poison refused corrupt')];
  for (const key of made) expect(english.has(key), key).toBe(true);
});

it('every key written out in the source exists', () => {
  const files = readdirSync(new URL('..', import.meta.url), { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(svelte|ts)$/.test(name) && !name.includes('.test.'),
  );
  const used = files.flatMap((name) => {
    const text = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
    return [...text.matchAll(/(?:say|phrase|add|count)\('([a-z][a-z0-9-]*)'/g)].map(([, key]) => key ?? '');
  });
  expect(used.length).toBeGreaterThan(60);
  for (const key of used) expect(english.has(key), key).toBe(true);
});

describe('speaking', () => {
  beforeEach(() => {
    vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
    words.choose('en');
  });
  const bare = (text: string) => text.replace(/[\u200E\u200F\u2068\u2069]/g, '');

  it('nests phrases and joins lists', () => {
    const span = phrase('span-min', { min: 4 });
    expect(bare(words.say('cause-down', { names: ['Billing'], count: 1, duration: span }))).toBe('Billing has been down for 4 min.');
    expect(bare(words.say('cause-down', { names: ['A', 'B', phrase('names-more', { count: 2 })], count: 4, duration: span }))).toBe(
      'A, B, and 2 more are down, the longest for 4 min.',
    );
  });

  it('keeps names from turning the sentence around', () => {
    expect(words.say('problem-at', { name: 'شبکه' })).toBe('Connection \u2068شبکه\u2069');
  });

  it('lists names in the direction of the language, whatever letters they begin with', () => {
    const paused = (...names: string[]) => words.say('cause-paused', { names, count: names.length });
    expect(paused('شبکه', 'B')).toBe('\u2068\u200E\u2068شبکه\u2069 and \u2068B\u2069\u2069 are paused.');
    words.choose('fa');
    expect(paused('A', 'B')).toMatch(/^\u2068\u200F\u2068A\u2069 و \u2068B\u2069\u2069 /u);
  });

  it('agrees with the number that is up', () => {
    const partial = (up: number, total: number) => bare(words.say('verdict-partial', { up, total, fallback: 0 }));
    expect([partial(1, 6), partial(5, 6)]).toEqual(['1 of 6 connections is up', '5 of 6 connections are up']);
    words.choose('ru');
    expect([partial(1, 6), partial(2, 21), partial(21, 31), partial(5, 6)]).toEqual([
      'Работает 1 из 6 соединений',
      'Работают 2 из 21 соединения',
      'Работает 21 из 31 соединения',
      'Работают 5 из 6 соединений',
    ]);
  });

  it('uses the digits and plurals of the language', () => {
    words.choose('fa');
    expect(bare(words.say('unit-ms', { n: 38 }))).toBe('۳۸ میلی‌ثانیه');
    words.choose('ru');
    const traffic = (count: number) => bare(words.say('detail-traffic', { count, size: '1 кБ' }));
    expect([traffic(1), traffic(3), traffic(5)]).toEqual(['1 сообщение, 1 кБ', '3 сообщения, 1 кБ', '5 сообщений, 1 кБ']);
    expect(bare(words.say('verdict-down', { up: 0, total: 21, fallback: 0 }))).toBe('Ни одно соединение не работает');
  });

  it('tells moments by the clock, to the minute and in the digits of the language', () => {
    const until = { time: { moment: '2026-01-05T14:20:31' } };
    expect(bare(words.say('wait-server-asked', until))).toBe('The server asked us to wait until 14:20.');
    words.choose('fa');
    expect(bare(words.say('wait-server-asked', until))).toContain('۱۴:۲۰');
  });

  it('tells a share in per cent', () => {
    expect([0, 0.05, 1].map((share) => words.share(share))).toEqual(['0%', '5%', '100%']);
  });

  it('keeps the agent’s own words for a remedy newer than these', () => {
    expect(words.remedy('set_clock', 'x')).toMatch(/^Set this/);
    expect(words.remedy('of_tomorrow', 'Do this.')).toBe('Do this.');
  });

  it('shows a key it does not know as it is', () => {
    expect(words.say('no-such-key')).toBe('no-such-key');
  });

  it('leaves a time that is none as it is', () => {
    expect(words.time('soon')).toBe('soon');
  });
});

it('the first language wanted that we speak is chosen', () => {
  expect(chooseLanguage([null, 'de-DE', 'ru_RU.UTF-8', 'en'])).toBe('ru');
  expect(chooseLanguage(['fa-IR'])).toBe('fa');
  expect(chooseLanguage(['C.UTF-8', undefined])).toBe('en');
});
