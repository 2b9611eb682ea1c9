/** Quantities at the edges of their units. */
import { expect, it } from 'vitest';
import { countdown, responseTime, size, span } from './measure';

const shown = ({ key, args = {} }: { key: string; args?: object }) => `${key} ${Object.values(args).join(' ')}`;

it('spans show their two largest units and drop a zero', () => {
  const cases: [number, string][] = [
    [-5, 'span-s 0'],
    [59_999, 'span-s 59'],
    [60_000, 'span-min 1'],
    [3_599_999, 'span-min 59'],
    [3_600_000, 'span-h 1'],
    [11_520_000, 'span-h-min 3 12'],
    [86_400_000, 'span-d 1'],
    [97_200_000, 'span-d-h 1 3'],
  ];
  for (const [ms, expected] of cases) expect(shown(span(ms))).toBe(expected);
});

it('a countdown never reads zero before it is over', () => {
  expect(shown(countdown(1))).toBe('span-s 1');
  expect(shown(countdown(59_001))).toBe('span-min 1');
  expect(shown(countdown(-3))).toBe('span-s 0');
});

it('response times have sensible digits', () => {
  const cases: [number, string][] = [
    [0.01, 'unit-ms 0.1'],
    [0.43, 'unit-ms 0.4'],
    [4.26, 'unit-ms 4.3'],
    [38.1, 'unit-ms 38'],
    [999.4, 'unit-ms 999'],
    [999.5, 'unit-s 1'],
    [1240, 'unit-s 1.2'],
    [12_400, 'unit-s 12'],
  ];
  for (const [ms, expected] of cases) expect(shown(responseTime(ms))).toBe(expected);
});

it('sizes are decimal and never show four digits', () => {
  const cases: [number, string][] = [
    [0, 'unit-b 0'],
    [999, 'unit-b 999'],
    [1000, 'unit-kb 1'],
    [4183, 'unit-kb 4.2'],
    [24_400, 'unit-kb 24'],
    [999_600, 'unit-mb 1'],
    [5e15, 'unit-tb 5000'],
  ];
  for (const [bytes, expected] of cases) expect(shown(size(bytes))).toBe(expected);
});
