/** Hostile text made harmless, honest text left alone. */
import { expect, it } from 'vitest';
import { manyLines, oneLine } from './plain';

it('control and bidirectional characters are gone', () => {
  expect(oneLine('a\u0000b\u0007\u001b[31mc\u009b')).toBe('ab[31mc');
  expect(oneLine('\u202Egnp.exe\u2066 x\u2069\u200F')).toBe('gnp.exe x');
  expect(manyLines('a\u202Eb\r\nc\td')).toBe('ab\nc\td');
});

it('what scripts need stays: joiners, emoji, combining marks', () => {
  expect(oneLine('می\u200Cخواهم 👩\u200D💻 e\u0301')).toBe('می\u200Cخواهم 👩\u200D💻 e\u0301');
});

it('white space becomes one space on one line', () => {
  expect(oneLine('  a\n\n\tb\u2028c ')).toBe('a b c');
});

it('long text is cut, never through a surrogate pair', () => {
  expect(oneLine('x'.repeat(400), 10)).toBe('xxxxxxxxxx…');
  expect(oneLine('xxx👩👩', 4)).toBe('xxx…');
  expect(manyLines('y'.repeat(70_000))).toHaveLength(65_537);
});
