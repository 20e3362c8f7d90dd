import { displayWidth, pad, shorten } from './display-width.ts';
import type { Paint, Style } from './paint.ts';

/** A column of a table. Cells are texts without control characters. */
export type Column<Row> = {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly style?: (row: Row) => Style | undefined;
  readonly align?: 'left' | 'right';
  /** Where a cell that is too long is cut. */
  readonly cut?: 'middle' | 'end';
  /** Columns that it keeps when room is short; undefined: it is never narrowed. */
  readonly widthMin?: number;
  /** Columns that it is narrowed to when every column that may go is gone; undefined: `widthMin`. */
  readonly widthLeast?: number;
  /** When even the narrowed columns don't fit, the one with the highest rank goes first; undefined: it stays. */
  readonly dropRank?: number;
};

export type Laid<Row> = { readonly column: Column<Row>; readonly width: number };

const GAP = '  ';

/**
 * Fits columns into `widthMax` display columns (undefined: no limit, nothing is cut).
 * Room is taken from the widest narrowable column first, then whole columns go by their drop rank, and at last what stays is cut
 * to the least that still says something.
 */
export function layOut<Row>(columns: readonly Column<Row>[], rows: readonly Row[], widthMax?: number): Laid<Row>[] {
  let laid = columns.map((column) => ({ column, width: naturalWidth(column, rows) }));
  laid = laid.filter(({ column, width }) => width > 0 || column.dropRank === undefined);
  if (widthMax === undefined) return laid;
  while (totalOf(laid) > widthMax) {
    const excess = totalOf(laid) - widthMax;
    const narrowed = narrow(laid, excess, ({ widthMin }) => widthMin);
    if (totalOf(narrowed) <= widthMax) return narrowed;
    const rank = Math.max(...laid.map(({ column }) => column.dropRank ?? -1));
    if (rank < 0) return narrow(laid, excess, ({ widthLeast, widthMin }) => widthLeast ?? widthMin);
    laid = laid.filter(({ column }) => column.dropRank !== rank);
  }
  return laid;
}

export function headerLine<Row>(laid: readonly Laid<Row>[], paint: Paint): string {
  return paint(
    'dim',
    laid
      .map(({ column, width }) => fit(column.title, column, width))
      .join(GAP)
      .trimEnd(),
  );
}

export function rowLine<Row>(laid: readonly Laid<Row>[], row: Row, paint: Paint): string {
  const cells = laid.map(({ column, width }, place) => {
    const full = fit(column.cell(row), column, width);
    const shown = place === laid.length - 1 ? full.trimEnd() : full;
    const style = column.style?.(row);
    return style === undefined ? shown : paint(style, shown);
  });
  return cells.join(GAP).trimEnd();
}

/** Whole table: header and rows. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint,
  widthMax?: number,
): string[] {
  const laid = layOut(columns, rows, widthMax);
  return [headerLine(laid, paint), ...rows.map((row) => rowLine(laid, row, paint))];
}

/** A column whose cells are all empty gets width 0 and disappears, when it may be dropped. */
function naturalWidth<Row>(column: Column<Row>, rows: readonly Row[]): number {
  const widest = rows.reduce((width, row) => Math.max(width, displayWidth(column.cell(row))), 0);
  return widest === 0 && column.dropRank !== undefined && rows.length > 0
    ? 0
    : Math.max(widest, displayWidth(column.title));
}

function totalOf(laid: readonly { readonly width: number }[]): number {
  return laid.reduce((sum, { width }) => sum + width, 0) + GAP.length * Math.max(0, laid.length - 1);
}

function narrow<Row>(
  laid: readonly Laid<Row>[],
  excess: number,
  leastOf: (column: Column<Row>) => number | undefined,
): Laid<Row>[] {
  const widths = laid.map(({ width }) => width);
  for (let left = excess; left > 0; left -= 1) {
    let widest = -1;
    laid.forEach(({ column }, place) => {
      const width = widths[place] ?? 0;
      const least = leastOf(column);
      const canShrink = least !== undefined && width > least;
      if (canShrink && (widest < 0 || width > (widths[widest] ?? 0))) widest = place;
    });
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return laid.map(({ column }, place) => ({ column, width: widths[place] ?? 0 }));
}

function fit<Row>(text: string, column: Column<Row>, width: number): string {
  return pad(shorten(text, width, column.cut ?? 'end'), width, column.align ?? 'left');
}
