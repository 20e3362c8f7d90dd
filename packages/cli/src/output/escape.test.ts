import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeControls, escapeJsonControls } from './escape.ts';

const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/u;

describe('control characters', () => {
  test.each([
    ['\u001b[31mred', '\\x1b[31mred'],
    ['two\nlines\r\tand tab', 'two\\nlines\\r\\tand tab'],
    ['\u009b31m', '\\x9b31m'],
    ['evil\u202etxt.exe', 'evil\\u202etxt.exe'],
    ['half \ud83d emoji', 'half \\ud83d emoji'],
    ['plain – ünïcode 😀', 'plain – ünïcode 😀'],
  ])('%j is shown as %j', (text, shown) => {
    expect(escapeControls(text)).toBe(shown);
  });

  test('none reaches the terminal, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeControls(text)).not.toMatch(UNSAFE);
        const json = escapeJsonControls(JSON.stringify({ text }));
        expect(json).not.toMatch(UNSAFE);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});
