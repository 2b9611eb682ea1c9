/**
 * Speaks phrases in the chosen language. Owns the language and nothing else. Missing words fall back to English,
 * then to the key; words.test.ts makes sure that neither happens.
 */
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import enFindings from '../../locales/en.findings.ftl?raw';
import en from '../../locales/en.ftl?raw';
import faFindings from '../../locales/fa.findings.ftl?raw';
import fa from '../../locales/fa.ftl?raw';
import ruFindings from '../../locales/ru.findings.ftl?raw';
import ru from '../../locales/ru.ftl?raw';
import { values } from '../check/values';
import type { Finding, FindingOwner, Step } from '../generated';
import { phrase, type Arg, type Phrase } from './phrase';
import { oneLine } from './plain';

export const LANGUAGES = { en: 'English', ru: 'Русский', fa: 'فارسی' } as const;
export type Language = keyof typeof LANGUAGES;

const SOURCES: Record<Language, readonly string[]> = { en: [en, enFindings], ru: [ru, ruFindings], fa: [fa, faFindings] };
const KEY = 'linekeeper.language';

/** The first language we speak among those wanted, as BCP 47 tags. */
export function chooseLanguage(wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const primary = tag?.toLowerCase().split(/[-_.]/)[0] ?? '';
    if (primary in LANGUAGES) return primary as Language;
  }
  return 'en';
}

class Words {
  language = $state<Language>('en');
  readonly direction = $derived(this.language === 'fa' ? 'rtl' : 'ltr');
  private readonly bundles = new Map<Language, FluentBundle>();
  private readonly numbers = $derived(new Intl.NumberFormat(this.language, { maximumFractionDigits: 2 }));
  private readonly compact = $derived(new Intl.NumberFormat(this.language, { notation: 'compact', maximumFractionDigits: 1 }));
  private readonly lists = $derived(new Intl.ListFormat(this.language, { type: 'conjunction' }));
  private readonly clocks = $derived(new Intl.DateTimeFormat(this.language, { timeStyle: 'short', hourCycle: 'h23' }));
  private readonly times = $derived(new Intl.DateTimeFormat(this.language, { timeStyle: 'medium', hourCycle: 'h23' }));
  private readonly moments = $derived(new Intl.DateTimeFormat(this.language, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }));

  /** Takes the language a person chose before, else the first of the given ones that we speak. */
  begin(wanted: readonly (string | undefined)[]): void {
    this.language = chooseLanguage([localStorage.getItem(KEY), ...wanted]);
  }

  /** A person chose. */
  choose(language: Language): void {
    localStorage.setItem(KEY, language);
    this.language = language;
  }

  say(key: string, args?: Record<string, Arg>): string {
    return this.speak(phrase(key, args));
  }

  speak({ key, args }: Phrase): string {
    const [id = key, attribute] = key.split('.');
    for (const language of [this.language, 'en'] as const) {
      const bundle = this.bundle(language);
      const message = bundle.getMessage(id);
      const pattern = attribute === undefined ? message?.value : message?.attributes[attribute];
      if (pattern) return bundle.formatPattern(pattern, this.variables(args));
    }
    return key;
  }

  /** The plain sentence of an error code, or `otherwise` for a code newer than these words. */
  error(code: string, otherwise: string): string {
    const key = `error-${code.replaceAll('_', '-')}`;
    return this.has(key) ? this.say(key) : otherwise;
  }

  /** The same in English, to compare with what the agent says. */
  errorInEnglish(code: string): string {
    return this.bundle('en').getMessage(`error-${code.replaceAll('_', '-')}`)?.value?.toString() ?? '';
  }

  /** What to do about a problem; empty when nothing general can be said. */
  todo(code: string): string {
    const key = `error-${code.replaceAll('_', '-')}.todo`;
    return this.has(key) ? this.say(key) : '';
  }

  /** What a person can do about a connection, or `otherwise` for a code newer than these words. */
  remedy(code: string, otherwise: string): string {
    const key = `remedy-${code.replaceAll('_', '-')}`;
    return this.has(key) ? this.say(key) : otherwise;
  }

  /** What a check found, or the report's own English for a code newer than these words. */
  finding({ code, args, text }: Finding): string {
    const key = `finding-${code.toLowerCase()}`;
    return this.has(key) ? this.say(key, values(args)) : oneLine(text);
  }

  /** What to do about what a check found. */
  findingRemedy({ code, args, remedy }: Finding): string {
    const key = `finding-${code.toLowerCase()}.remedy`;
    return this.has(key) ? this.say(key, values(args)) : oneLine(remedy);
  }

  /** Why a step was not done, or the report's own English where it has no code for it. */
  stepReason({ reason_code, reason }: Pick<Step, 'reason' | 'reason_code'>): string {
    const key = `step-reason-${(reason_code ?? '').replaceAll('_', '-')}`;
    return this.has(key) ? this.say(key) : oneLine(reason ?? '');
  }

  /** Who can mend what a check found. */
  findingOwner(owner: FindingOwner): string {
    return this.say(`finding-owner-${owner.replaceAll('_', '-')}`);
  }

  private has(key: string): boolean {
    const [id = key, attribute] = key.split('.');
    const message = this.bundle('en').getMessage(id);
    return attribute === undefined ? message !== undefined : message?.attributes[attribute] !== undefined;
  }

  number(n: number): string {
    return this.numbers.format(n);
  }

  /** 1.2M */
  short(n: number): string {
    return this.compact.format(n);
  }

  /** A quantity of digits chosen by its size, for prices. */
  price(n: number): string {
    const digits = Math.abs(n) >= 1 ? 2 : 6;
    return n.toLocaleString(this.language, { minimumFractionDigits: Math.min(2, digits), maximumFractionDigits: digits });
  }

  percent(n: number): string {
    return (n / 100).toLocaleString(this.language, { style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'exceptZero' });
  }

  /** A share of 1 in whole per cent. */
  share(n: number): string {
    return n.toLocaleString(this.language, { style: 'percent', maximumFractionDigits: 0 });
  }

  /** Time of day. */
  time(iso: string): string {
    return format(this.times, iso);
  }

  /** Time of day for a sentence: to the minute. */
  clock(iso: string): string {
    return format(this.clocks, iso);
  }

  /** Date and time, for the hover. */
  moment(iso: string): string {
    return format(this.moments, iso);
  }

  private variables(args: Record<string, Arg> = {}): Record<string, FluentVariable> {
    return Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, this.variable(arg)]));
  }

  private variable(arg: Arg): FluentVariable {
    if (typeof arg === 'string' || typeof arg === 'number') return arg;
    if ('key' in arg) return this.speak(arg);
    if ('moment' in arg) return this.clock(arg.moment);
    return this.list(arg.map((item) => (typeof item === 'string' ? item : this.speak(item))));
  }

  /** Each item keeps its own direction. The mark gives the list ours: without it the first letter of the first name would. */
  private list(items: string[]): string {
    const mark = this.direction === 'rtl' ? '\u200F' : '\u200E';
    return mark + this.lists.format(items.map((item) => `\u2068${item}\u2069`));
  }

  private bundle(language: Language): FluentBundle {
    const known = this.bundles.get(language);
    if (known) return known;
    // Isolation marks stay on: names and numbers keep their own direction inside a sentence.
    const bundle = new FluentBundle(language);
    for (const source of SOURCES[language]) bundle.addResource(new FluentResource(source));
    this.bundles.set(language, bundle);
    return bundle;
  }
}

function format(how: Intl.DateTimeFormat, iso: string): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? iso : how.format(at);
}

export const words = new Words();
