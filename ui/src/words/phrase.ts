/** Words not yet spoken: a key of the locale files with its arguments. Pure logic answers in phrases, so that it can be tested in no language. */
export interface Phrase {
  key: string;
  args?: Record<string, Arg>;
}

/** A moment, spoken as the time of day. */
export interface Moment {
  moment: string;
}

/** Numbers and strings as they are; phrases and moments are spoken first; lists become "A, B and C". */
export type Arg = string | number | Phrase | Moment | readonly (string | Phrase)[];

export function phrase(key: string, args?: Record<string, Arg>): Phrase {
  return args === undefined ? { key } : { key, args };
}
