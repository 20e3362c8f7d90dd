import { describe, expect, test } from 'vitest';
import { acceptSuggestion, suggest, wordAt } from './suggestions.ts';

const none = (): readonly string[] => [];

describe('suggestions', () => {
  test('name fields by their beginning, then by any part', () => {
    const names = suggest('dest_p', 6, none).map((one) => one.text);
    expect(names[0]).toBe('dest_port:');
    expect(suggest('AND (port', 9, none).map((one) => one.text)).toContain('src_port:');
  });

  test('name the values of an enumerated field and those seen', () => {
    expect(suggest('action:connection-r', 19, none).map((one) => one.text)).toEqual(['connection-refused']);
    expect(suggest('user:a', 6, () => ['alice', 'bob']).map((one) => one.text)).toEqual(['alice']);
  });

  test('stay away inside quotes and on an empty line', () => {
    expect(suggest('user:"al', 8, none)).toEqual([]);
    expect(suggest('', 0, none)).toEqual([]);
  });

  test('find the word under the caret', () => {
    expect(wordAt('NOT -user:al', 12)).toEqual({ start: 10, field: 'user', prefix: 'al' });
    expect(wordAt('(de AND x', 3)).toEqual({ start: 1, prefix: 'de' });
  });

  test('are put in place of the word', () => {
    expect(acceptSuggestion('a:1 AND des', 11, 'dest_port:')).toEqual({ query: 'a:1 AND dest_port:', caret: 18 });
    expect(acceptSuggestion('user:al', 7, 'alice')).toEqual({ query: 'user:alice ', caret: 11 });
  });
});
