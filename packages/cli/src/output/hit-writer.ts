import { FIELDS } from '@portledger/format';
import { stringify } from 'yaml';
import { accessColumns, fieldColumns } from './access-columns.ts';
import type { TimeDetail } from './access-columns.ts';
import { csvLine } from './csv.ts';
import { escapeControls, escapeJsonControls, hasUnsafeCharacters } from './escape.ts';
import { fieldText } from './hit.ts';
import type { Hit } from './hit.ts';
import type { Paint } from './paint.ts';
import { headerLine, layOut, rowLine } from './table.ts';
import type { Laid } from './table.ts';

export const FORMATS = ['table', 'jsonl', 'csv', 'yaml', 'template'] as const;
type Format = (typeof FORMATS)[number];

/** The five fields of the users' template, in its order; ports as texts, as the template writes them. */
const TEMPLATE_FIELDS = ['timestamp', 'user', 'src_port', 'dest_port', 'action'] as const;

/** What the collector knows of a record besides its fields. */
const LEDGER_FIELDS = ['received', 'class', 'block', 'position'];
const ALL_COLUMNS: readonly string[] = [...FIELDS.map((field) => field.name), ...LEDGER_FIELDS];

export type HitWriterOptions = {
  readonly format: Format;
  /** Fields asked for by name; undefined: those that the format shows by itself. */
  readonly fields: readonly string[] | undefined;
  /** Columns of the terminal; undefined: not a terminal, nothing is cut. */
  readonly columns: number | undefined;
  readonly paint: Paint;
  readonly time: TimeDetail;
};

/** Turns hits into lines, page by page. What is written before the first page (a header) comes with it. */
export type HitWriter = (page: readonly Hit[]) => string[];

export function hitWriter(options: HitWriterOptions): HitWriter {
  switch (options.format) {
    case 'table':
      return tableWriter(options);
    case 'jsonl':
      return (page) => page.map((hit) => escapeJsonControls(JSON.stringify(flat(hit, options.fields))));
    case 'csv':
      return csvWriter(options);
    case 'yaml':
      return (page) => page.map((hit) => yamlItem(flat(hit, options.fields)));
    case 'template':
      return (page) => page.map(templateLine);
    default:
      return options.format satisfies never;
  }
}

/** Exactly `{timestamp, user, src_port, dest_port, action}`; what is unknown is the empty text. */
function templateLine(hit: Hit): string {
  const fields = Object.fromEntries(TEMPLATE_FIELDS.map((name) => [name, fieldText(hit, name)]));
  return escapeJsonControls(JSON.stringify(fields));
}

/** Every field that is named somewhere: the record's, the ledger's, labels by `labels.NAME`. */
export function isOutputField(name: string): boolean {
  return ALL_COLUMNS.includes(name) || (name.startsWith('labels.') && name.length > 'labels.'.length);
}

export function outputFieldNames(): readonly string[] {
  return ALL_COLUMNS;
}

/** One flat object: the record's own fields, then where it stands. */
function flat(hit: Hit, fields: readonly string[] | undefined): Readonly<Record<string, unknown>> {
  const { block, position, received, class: retentionClass } = hit;
  const all: Record<string, unknown> = { ...hit.record, received, class: retentionClass, block, position };
  if (fields === undefined) return all;
  return Object.fromEntries(
    fields.flatMap((name) => {
      const value = name.startsWith('labels.') ? fieldText(hit, name) || undefined : all[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function tableWriter(options: HitWriterOptions): HitWriter {
  const columns = options.fields === undefined ? accessColumns(timeOf(options)) : fieldColumns(options.fields);
  let laid: Laid<Hit>[] | undefined;
  return (page) => {
    if (page.length === 0) return [];
    const header = laid === undefined;
    laid ??= layOut(columns, page, options.columns);
    const known = laid;
    const rows = page.map((hit) =>
      rowLine(options.columns === undefined ? widened(known, [hit]) : known, hit, options.paint),
    );
    return header ? [headerLine(laid, options.paint), ...rows] : rows;
  };
}

/** Below this many columns the year and the milliseconds give way to the process and the detail. */
const WIDE_COLUMNS = 150;

function timeOf({ time, columns }: HitWriterOptions): TimeDetail {
  return time === 'full' && columns !== undefined && columns < WIDE_COLUMNS ? 'short' : time;
}

/** Off a terminal nothing is cut: a later row that is wider than the first page's keeps its whole text. */
function widened(laid: readonly Laid<Hit>[], rows: readonly Hit[]): Laid<Hit>[] {
  const natural = new Map(
    layOut(
      laid.map(({ column }) => column),
      rows,
    ).map(({ column, width }) => [column, width]),
  );
  return laid.map(({ column, width }) => ({ column, width: Math.max(width, natural.get(column) ?? 0) }));
}

/** On a terminal controls are escaped; in a file a value stays exactly what it is, quoted (RFC 4180). */
function csvWriter(options: HitWriterOptions): HitWriter {
  const columns = options.fields ?? ALL_COLUMNS;
  let first = true;
  return (page) => {
    const header = first ? [csvLine(columns)] : [];
    first = false;
    const shown = (text: string) => (options.columns === undefined ? text : escapeControls(text));
    return [...header, ...page.map((hit) => csvLine(columns.map((name) => shown(fieldText(hit, name)))))];
  };
}

function yamlItem(fields: Readonly<Record<string, unknown>>): string {
  const plain = stringify([fields], { lineWidth: 0, blockQuote: false }).trimEnd();
  if (!hasUnsafeCharacters(plain.replaceAll('\n', ''))) return plain;
  return escapeJsonControls(stringify([fields], { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE' }).trimEnd());
}
