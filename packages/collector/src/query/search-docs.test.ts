import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatQuery } from './format-query.ts';
import { parseQuery } from './parse-query.ts';
import { WORD_FIELDS } from './search-field.ts';

const TEXT = readFileSync(new URL('../../../../docs/search.md', import.meta.url), 'utf8');
const NOW = Date.UTC(2026, 10, 22, 15) * 1000;

/** Filters of the page: whole lines of blocks, and the first cells of tables headed “write”. */
function examples(): string[] {
  const blocks = TEXT.split('```').filter((_, number) => number % 2 === 1);
  const tables = TEXT.split('\n| write |')
    .slice(1)
    .flatMap((table) => (table.split('\n\n', 1)[0] ?? '').split('\n').slice(2));
  const cells = tables.map((row) =>
    /^\| `([^`]+)` \|/.exec(row.replaceAll(String.raw`\|`, '¦'))?.[1]?.replaceAll('¦', '|'),
  );
  return [
    ...blocks.flatMap((block) => block.split('\n').filter((line) => line !== '')),
    ...cells.flatMap((cell) => cell ?? []),
  ];
}

test('every filter in docs/search.md is understood, and its print means the same', () => {
  const found = examples();
  expect(found.length).toBeGreaterThan(45);
  for (const text of found) {
    const parsed = parseQuery(text, { now: NOW });
    expect(parsed, text).toMatchObject({ ok: true });
    if (parsed.ok) expect(parseQuery(formatQuery(parsed.value), { now: NOW }), text).toEqual(parsed);
  }
});

test('docs/search.md names the fields that words are looked for in', () => {
  const line = TEXT.split('\n').find((text) => text.includes('without a field is looked for anywhere'));
  expect([...(line ?? '').matchAll(/`(\w+)`[,.]/g)].map((match) => match[1])).toEqual([...WORD_FIELDS]);
});
