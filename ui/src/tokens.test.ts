/** Contrast of every pair of colours that meet on screen, in both themes, after WCAG 2.2. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const [light = '', dark = ''] = [...css.matchAll(/:root \{([^}]*--bg[^}]*)\}/g)].map(([, block]) => block);

const TEXT: [string, string][] = [
  ...['--text', '--muted', '--accent'].flatMap((ink) => ['--bg', '--surface', '--hover', '--idle-soft'].map((ground): [string, string] => [ink, ground])),
  ...['good', 'notice', 'trouble', 'idle'].flatMap((tone): [string, string][] => [
    [`--${tone}`, `--${tone}-soft`],
    [`--${tone}`, '--surface'],
    [`--${tone}`, '--hover'],
  ]),
  ['--on-accent', '--accent'],
];
/** Shapes that carry meaning: glyphs, sparkline, focus ring, chevron. */
const SHAPES: [string, string][] = ['--good', '--notice', '--trouble', '--idle', '--accent', '--line-strong'].flatMap((ink) =>
  ['--bg', '--surface'].map((ground): [string, string] => [ink, ground]),
);

describe.each([
  ['light', light],
  ['dark', dark],
])('%s theme', (_, block) => {
  const colours = new Map([...block.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]));
  const ratio = ([a, b]: [string, string]) => contrast(colours.get(a) ?? '', colours.get(b) ?? '');

  it.each(TEXT)('text %s is readable on %s', (...pair) => {
    expect(ratio(pair)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(SHAPES)('shape %s is visible on %s', (...pair) => {
    expect(ratio(pair)).toBeGreaterThanOrEqual(3);
  });
});

it('both themes define the same colours', () => {
  const names = (block: string) => [...block.matchAll(/(--[\w-]+):/g)].map(([, name]) => name).sort();
  expect(names(dark)).toEqual(names(light));
  expect(names(light).length).toBeGreaterThan(10);
});

it('no component names a colour of its own', () => {
  const sources = import.meta.glob<string>(['./**/*.svelte', './base.css'], { query: '?raw', import: 'default', eager: true });
  for (const [file, source] of Object.entries(sources)) {
    expect(source.match(/#[0-9a-f]{3,8}\b(?=[;\s])|\bhsl\(/gi), file).toBeNull();
  }
});

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}
