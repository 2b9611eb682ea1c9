/** Key presses in any layout. */
import { expect, it } from 'vitest';
import { KeyReader } from './keys';

const press = (key: string, over: Partial<KeyboardEvent> = {}) => ({
  key, code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false, ...over,
});

it('single keys and sequences are read', () => {
  const reader = new KeyReader();
  expect(reader.read(press('g'), false, 0)).toBeNull();
  expect(reader.read(press('m'), false, 500)).toBe('key-messages');
  expect(reader.read(press('1'), false, 600)).toBe('key-overview');
  expect(reader.read(press('?', { shiftKey: true }), false, 700)).toBe('key-sheet');
});

it('a sequence that took too long is none', () => {
  const reader = new KeyReader();
  reader.read(press('g'), false, 0);
  expect(reader.read(press('m'), false, 5000)).toBeNull();
});

it('Cyrillic and Persian layouts press the same keys', () => {
  const reader = new KeyReader();
  expect(reader.read(press('к', { code: 'KeyR' }), false, 0)).toBe('key-reconnect');
  expect(reader.read(press('۲', { code: 'Digit2' }), false, 1)).toBe('key-messages');
  expect(reader.read(press('؟', { code: 'Slash', shiftKey: true }), false, 2)).toBe('key-sheet');
});

it('typing and browser shortcuts are left alone, Esc is not', () => {
  const reader = new KeyReader();
  expect(reader.read(press('r'), true, 0)).toBeNull();
  expect(reader.read(press('r', { ctrlKey: true }), false, 0)).toBeNull();
  expect(reader.read(press('r', { repeat: true }), false, 0)).toBeNull();
  expect(reader.read(press('Escape'), true, 0)).toBe('key-escape');
});
