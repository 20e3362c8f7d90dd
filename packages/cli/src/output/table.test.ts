import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayWidth, pad, shorten } from './display-width.ts';
import { painter } from './paint.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';

type Row = { readonly name: string; readonly exe: string; readonly note: string };

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'EXE', cell: ({ exe }) => exe, cut: 'middle', widthMin: 8 },
  { title: 'NOTE', cell: ({ note }) => note, widthMin: 4, dropRank: 1 },
];
const ROWS: readonly Row[] = [
  { name: 'alice', exe: '/usr/lib/postgresql/17/bin/postgres', note: 'first of all' },
  { name: 'bob', exe: '/usr/bin/curl', note: '' },
];

describe('texts', () => {
  test('take their columns on the screen', () => {
    expect(['abc', '漢字', 'é', 'e\u0301', '😀', ''].map(displayWidth)).toEqual([3, 4, 1, 1, 2, 0]);
    expect(pad('漢', 4, 'left')).toBe('漢  ');
  });

  test('are cut in the middle or at the end', () => {
    expect(shorten('/usr/lib/postgresql/17/bin/postgres', 15, 'middle')).toBe('/usr…n/postgres');
    expect(shorten('connection', 5, 'end')).toBe('conn…');
    expect(shorten('漢字漢字', 5, 'end')).toBe('漢字…');
    expect(shorten('abc', 1, 'end')).toBe('…');
    expect(shorten('abc', 0, 'end')).toBe('');
  });

  test('never take more columns than there are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.nat(40),
        fc.constantFrom('middle', 'end'),
        (text, columns, where) => {
          expect(displayWidth(shorten(text, columns, where))).toBeLessThanOrEqual(Math.max(columns, 0));
        },
      ),
    );
  });
});

describe('tables', () => {
  const plain = painter(false);

  test('off a terminal nothing is cut', () => {
    expect(tableLines(COLUMNS, ROWS, plain)).toEqual([
      'NAME   EXE                                  NOTE',
      'alice  /usr/lib/postgresql/17/bin/postgres  first of all',
      'bob    /usr/bin/curl',
    ]);
  });

  test('on a terminal the widest column gives way first', () => {
    expect(tableLines(COLUMNS, ROWS, plain, 36)).toEqual([
      'NAME   EXE              NOTE',
      'alice  /usr…n/postgres  first of all',
      'bob    /usr/bin/curl',
    ]);
  });

  test('then columns go, by their rank', () => {
    expect(tableLines(COLUMNS, ROWS, plain, 18)).toEqual(['NAME   EXE', 'alice  /us…ostgres', 'bob    /us…in/curl']);
  });

  test('what is left is cut further only when every column that may go is gone', () => {
    const columns: readonly Column<Row>[] = [
      { title: 'NAME', cell: ({ name }) => name, widthMin: 5, widthLeast: 3 },
      { title: 'NOTE', cell: ({ note }) => note, widthMin: 8, dropRank: 1 },
    ];
    expect(tableLines(columns, ROWS, plain, 15)[1]).toBe('alice  first o…');
    expect(tableLines(columns, ROWS, plain, 14)[1]).toBe('alice');
    expect(tableLines(columns, ROWS, plain, 4)[1]).toBe('ali…');
  });

  test('a column that holds nothing is left away', () => {
    expect(tableLines(COLUMNS, [{ name: 'bob', exe: '/x', note: '' }], plain)).toEqual(['NAME  EXE', 'bob   /x']);
  });

  test('fit at every width that their unyielding columns fit', () => {
    for (let width = 15; width < 80; width += 1) {
      for (const line of tableLines(COLUMNS, ROWS, plain, width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  test('colours take no columns', () => {
    const styled: Column<Row>[] = [{ title: 'NAME', cell: ({ name }) => name, style: () => 'red' }];
    const lines = tableLines(styled, ROWS, painter(true), 36);
    expect(lines[1]).toContain('\u001b[31malice\u001b[39m');
  });
});
