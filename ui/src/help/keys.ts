/** Every key of the window, for the sheet and for the hands. Pure. */
export interface Key {
  /** What it does, as a key of the locale files. */
  does: string;
  /** Ways to press it; two keys in one way are pressed one after the other. */
  ways: readonly (readonly string[])[];
}

export const KEYS: readonly Key[] = [
  { does: 'key-overview', ways: [['g', 'o'], ['1']] },
  { does: 'key-messages', ways: [['g', 'm'], ['2']] },
  { does: 'key-sending', ways: [['g', 's'], ['3']] },
  { does: 'key-check', ways: [['g', 'd'], ['4']] },
  { does: 'key-help', ways: [['g', 'h'], ['5']] },
  { does: 'key-reconnect', ways: [['r']] },
  { does: 'key-hold', ways: [['p']] },
  { does: 'key-filter', ways: [['/']] },
  { does: 'key-compose', ways: [['c']] },
  { does: 'key-run-check', ways: [['d']] },
  { does: 'key-sheet', ways: [['?']] },
  { does: 'key-escape', ways: [['Esc']] },
];

/** A second key counts as "after" the first for this long. */
const SEQUENCE_MS = 1200;

type Press = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'repeat'>;

/** Follows key presses and names what each completes. Letters are read by position too, so that they work in Cyrillic and Persian layouts. */
export class KeyReader {
  private first: { key: string; at: number } | null = null;

  /** The `does` of the key just completed. */
  read(press: Press, typing: boolean, at: number): string | null {
    const key = name(press);
    if (key === 'Esc') return 'key-escape';
    if (typing || press.ctrlKey || press.metaKey || press.altKey || press.repeat) return null;
    const before = this.first && at - this.first.at < SEQUENCE_MS ? this.first.key : null;
    this.first = { key, at };
    const found = KEYS.find(({ ways }) => ways.some((way) => (way.length === 2 ? way[0] === before && way[1] === key : way[0] === key)));
    return found?.does ?? null;
  }
}

function name({ key, code, shiftKey }: Press): string {
  if (key === 'Escape') return 'Esc';
  if (key === '?' || (code === 'Slash' && shiftKey)) return '?';
  if (key === '/' || code === 'Slash') return '/';
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  const digit = /^Digit([0-9])$/.exec(code)?.[1];
  return letter?.toLowerCase() ?? digit ?? key;
}
