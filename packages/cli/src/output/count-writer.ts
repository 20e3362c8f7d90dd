import { stringify } from 'yaml';
import { groupDigits } from './amounts.ts';
import { csvLine } from './csv.ts';
import { escapeControls, escapeJsonControls } from './escape.ts';
import type { Paint } from './paint.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';

export const COUNT_FORMATS = ['table', 'jsonl', 'csv', 'yaml'] as const;

export type CountTable = {
  /** Name of the first column: the field counted by. */
  readonly keyName: string;
  /** For people: the title of that column and how a value is written. By default both are as they stand. */
  readonly keyTitle?: string;
  readonly showKey?: (key: string) => string;
  readonly counts: readonly { readonly key: string; readonly count: number }[];
  readonly total: number;
  readonly format: (typeof COUNT_FORMATS)[number];
  readonly columns: number | undefined;
  readonly paint: Paint;
};

type Row = { readonly key: string; readonly count: number; readonly share: string; readonly bar: string };

const BAR_COLUMNS_MAX = 40;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Counts by value, with a bar on a terminal. */
export function countLines(table: CountTable): string[] {
  const { keyName, counts, format } = table;
  switch (format) {
    case 'table':
      return barTable(table);
    case 'jsonl':
      return counts.map(({ key, count }) => escapeJsonControls(JSON.stringify({ [keyName]: key, count })));
    case 'csv': {
      const shown = (text: string) => (table.columns === undefined ? text : escapeControls(text));
      return [csvLine([keyName, 'count']), ...counts.map(({ key, count }) => csvLine([shown(key), String(count)]))];
    }
    case 'yaml':
      return counts.map(({ key, count }) =>
        stringify([{ [keyName]: escapeControls(key), count }], { lineWidth: 0 }).trimEnd(),
      );
    default:
      return format satisfies never;
  }
}

function barTable(table: CountTable): string[] {
  const most = Math.max(1, ...table.counts.map(({ count }) => count));
  const rows = table.counts.map(({ key, count }) => ({
    key: escapeControls(table.showKey?.(key) ?? key),
    count,
    share: table.total === 0 ? '' : `${((100 * count) / table.total).toFixed(1)} %`,
    bar: table.columns === undefined ? '' : barOf(count / most),
  }));
  const columns: Column<Row>[] = [
    { title: table.keyTitle ?? table.keyName.toUpperCase(), cell: (row) => row.key, cut: 'middle', widthMin: 8 },
    { title: 'RECORDS', cell: (row) => groupDigits(row.count), align: 'right' },
    { title: 'SHARE', cell: (row) => row.share, align: 'right', dropRank: 1, style: () => 'dim' },
    { title: '', cell: (row) => row.bar, dropRank: 2, widthMin: 4, style: () => 'cyan' },
  ];
  return tableLines(columns, rows, table.paint, table.columns);
}

function barOf(part: number): string {
  const eighths = Math.round(part * BAR_COLUMNS_MAX * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}
