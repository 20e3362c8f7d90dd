import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, ErrorCode, Node, Pair, YAMLError, YAMLMap } from 'yaml';
import type { ConfigFault } from './config-fault.ts';
import { nearest } from '@portledger/format';
import type { RawValue } from './setting.ts';

/** Bytes: a configuration beyond it is a mistake, and YAML parsers are slow on hostile input. */
const CONFIG_BYTES_MAX = 1024 * 1024;

type YamlEntry = {
  readonly path: string;
  readonly raw: RawValue;
  readonly line: number;
  readonly column: number;
};
export type YamlSource = { readonly entries: readonly YamlEntry[]; readonly faults: readonly ConfigFault[] };

type Reading = {
  readonly file: string;
  readonly known: ReadonlySet<string>;
  readonly lines: LineCounter;
  readonly document: Document;
  readonly entries: YamlEntry[];
  readonly faults: ConfigFault[];
};

/**
 * Reads the text of a portledger.yaml into raw values by dotted path, without knowing what they mean.
 * All faults of form are told at once: syntax, duplicate and unknown keys, values where a section belongs.
 */
export function readYaml(file: string, content: string, known: ReadonlySet<string>): YamlSource {
  if (Buffer.byteLength(content) > CONFIG_BYTES_MAX) {
    const message = `larger than ${CONFIG_BYTES_MAX} bytes`;
    return { entries: [], faults: [{ source: file, path: '', message, remedy: 'is this the right file?' }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const reading: Reading = { file, known, lines, document, entries: [], faults: [] };
  for (const error of document.errors) {
    addSyntaxFault(reading, error);
  }
  if (reading.faults.length === 0 && document.contents !== null) readTop(reading, document.contents);
  return { entries: reading.entries, faults: reading.faults };
}

/** What the parser's code means to the person who wrote the file, and what to do. */
const SYNTAX: ReadonlyMap<ErrorCode, readonly [message: string, remedy: string]> = new Map<
  ErrorCode,
  readonly [string, string]
>([
  ['TAB_AS_INDENT', ['a tab stands where the line is indented', 'indent with spaces']],
  [
    'BAD_INDENT',
    ['the line is indented more or less than those it belongs to', 'keys of one section begin in one column'],
  ],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    [
      'a second `key: value` stands where the value of the first belongs',
      'indent the line as the one above, or put the value in quotes',
    ],
  ],
  ['MULTIPLE_DOCS', ['a second document begins here (---)', 'keep one document']],
  [
    'MULTILINE_IMPLICIT_KEY',
    ['a key goes over several lines', 'close the quote or the bracket, or write `key: value`'],
  ],
  ['BAD_ALIAS', ['an alias (*name) that nothing is named by', 'put a text that begins with * in quotes']],
]);

/** One slip makes several errors at one place: the first says it. */
function addSyntaxFault(reading: Reading, error: YAMLError): void {
  const { line } = reading.lines.linePos(error.pos[0]);
  if (reading.faults.some((fault) => fault.line === line)) return;
  const [message, remedy] = SYNTAX.get(error.code) ?? missing(error.message);
  addFault(reading, error.pos[0], '', `not valid YAML: ${message}`, remedy);
}

function missing(message: string): readonly [message: string, remedy: string] {
  if (message.startsWith('Missing closing'))
    return ['a quote is not closed before here', 'close it where it was opened'];
  if (message.startsWith('Implicit map keys')) return ['a key has no value', 'write `key: value`'];
  return [message, 'mend the syntax'];
}

function readTop(reading: Reading, contents: Node): void {
  if (isMap(contents)) return readSection(reading, contents, '');
  if (isScalar(contents) && contents.value === null) return undefined;
  return addFault(reading, offsetOf(contents), '', 'not a mapping of keys', 'write `key: value` lines');
}

function readSection(reading: Reading, section: YAMLMap, prefix: string): void {
  const lineByKey = new Map<string, number>();
  for (const pair of section.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const offset = offsetOf(pair.key);
    const path = `${prefix}${key}`;
    const before = lineByKey.get(key);
    if (before !== undefined) {
      addFault(reading, offset, path, `given twice, first on line ${before}`, 'keep one of them');
      continue;
    }
    lineByKey.set(key, reading.lines.linePos(offset).line);
    readPair(reading, pair, path, offset);
  }
}

function readPair(reading: Reading, pair: Pair, path: string, offset: number): void {
  const value = isAlias(pair.value) ? pair.value.resolve(reading.document) : pair.value;
  const isSection = [...reading.known].some((known) => known.startsWith(`${path}.`));
  if (isSection) {
    if (isMap(value)) return readSection(reading, value, `${path}.`);
    if (value === null || (isScalar(value) && value.value === null)) return undefined;
    return addFault(
      reading,
      offset,
      path,
      'is a section, not a value',
      `put its keys on the lines below, indented: ${keysOf(reading, path)}`,
    );
  }
  if (!reading.known.has(path)) return addFault(reading, offset, path, 'unknown key', unknownRemedy(reading, path));
  const raw = rawValue(value);
  if (raw === undefined)
    return addFault(reading, offset, path, 'has no value that can be read', 'give it a value or remove the line');
  const position = reading.lines.linePos(offset);
  reading.entries.push({ path, raw, line: position.line, column: position.col });
  return undefined;
}

function rawValue(value: unknown): RawValue | undefined {
  if (isScalar(value)) {
    const inner = value.value;
    return typeof inner === 'string' || typeof inner === 'number' || typeof inner === 'boolean' ? inner : undefined;
  }
  if (!isSeq(value)) return undefined;
  const items = value.items.map((item) => {
    const inner = rawValue(item);
    return typeof inner === 'object' || inner === undefined ? undefined : String(inner);
  });
  return items.every((item) => item !== undefined) ? items : undefined;
}

function unknownRemedy(reading: Reading, path: string): string {
  const leaf = path.slice(path.lastIndexOf('.') + 1);
  const elsewhere = [...reading.known].filter((known) => known === leaf || known.endsWith(`.${leaf}`));
  const meant =
    nearest(path, reading.known) ??
    (elsewhere.length === 1 ? elsewhere[0] : undefined) ??
    nearestSection(reading, path);
  return meant === undefined ? 'remove it; `portledger config print` lists every key' : `did you mean ${meant}?`;
}

function nearestSection(reading: Reading, path: string): string | undefined {
  const sections = new Set<string>();
  for (const known of reading.known) if (known.includes('.')) sections.add(known.slice(0, known.lastIndexOf('.')));
  return nearest(path, sections);
}

function keysOf(reading: Reading, section: string): string {
  const keys = [...reading.known].filter((known) => known.startsWith(`${section}.`));
  return keys.map((known) => known.slice(section.length + 1)).join(', ');
}

function offsetOf(node: unknown): number {
  if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
    return Number(node.range[0]);
  return 0;
}

function addFault(reading: Reading, offset: number, path: string, message: string, remedy: string): void {
  const { line, col } = reading.lines.linePos(offset);
  reading.faults.push({ source: reading.file, line, column: col, path, message, remedy });
}
