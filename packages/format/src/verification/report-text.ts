import type { Finding, FindingPlace, VerifyReport } from './verify-report.ts';

/** How a part of the report may be set off on a terminal. */
export type ReportStyle = 'bold' | 'red' | 'green' | 'yellow';

export type ReportContext = {
  /** Whether the verifier key came from the reader and not from the folder that was checked. */
  readonly isKeyGiven: boolean;
  readonly tookMs: number;
  /** Whether to tell the speed: it differs from run to run. */
  readonly tellsRate?: boolean;
  readonly paint?: (style: ReportStyle, text: string) => string;
};

const SIZE_UNITS = ['TiB', 'GiB', 'MiB', 'KiB'];
/** Characters that start escape sequences, break lines or reorder text: what was checked may be hostile. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function digits(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

function counted(count: number, noun: string): string {
  return `${digits(count)} ${count === 1 ? noun : `${noun}s`}`;
}

function size(bytes: number): string {
  const place = SIZE_UNITS.findIndex((_, at) => bytes >= 1024 ** (SIZE_UNITS.length - at));
  const unitBytes = 1024 ** (SIZE_UNITS.length - place);
  return place < 0
    ? `${bytes} B`
    : `${(bytes / unitBytes).toFixed(bytes >= 100 * unitBytes ? 0 : 1)} ${SIZE_UNITS[place] ?? ''}`;
}

function placeText({ file, offset, block, line }: FindingPlace): string {
  const parts = [printable(file)];
  if (offset !== undefined) parts.push(`at byte ${offset}`);
  if (block !== undefined) parts.push(`block ${block}`);
  if (line !== undefined) parts.push(`record ${line}`);
  return parts.join(', ');
}

function findingText({ code, message }: Finding): string {
  return `${printable(message)} (${code})`;
}

/** A verification's report for a person, line by line, safe for a terminal. The last line is the verdict. */
export function verifyReportText(report: VerifyReport, context: ReportContext): string[] {
  const { counts, findings, findingsTotal, notes } = report;
  const { isKeyGiven, tookMs, tellsRate = false, paint = (_style, text) => text } = context;
  const label = (name: string) => paint('bold', name.padEnd(10));
  const key = isKeyGiven
    ? 'the key that you gave'
    : 'the key in the folder itself; give --vkey to prove that it is your log';
  const rate = tellsRate && tookMs > 0 ? `, ${digits(Math.round((1000 * counts.records) / tookMs))} records/s` : '';
  const lines = [
    `${label('Log')}${printable(report.origin || 'unknown')}`,
    `${label('Key')}${key}`,
    `${label('Signed')}${counted(report.size, 'block')} under the checkpoint`,
    `${label('Checked')}${counted(counts.records, 'record')} one by one, in ${counted(counts.blocks, 'block')} of ${counted(counts.segments, 'segment')}`,
    `${label('')}${counted(counts.tiles, 'tile')} and entry bundles, ${counted(counts.sessions, 'stream')}, ${size(counts.bytes)} in ${(tookMs / 1000).toFixed(1)} s${rate}`,
  ];
  if (counts.unsealedRecords > 0)
    lines.push(`${label('')}${counted(counts.unsealedRecords, 'durable record')} not yet under a checkpoint`);
  for (const note of notes) lines.push(`${label('Note')}${paint('yellow', printable(note.message))}`);
  for (const finding of findings)
    lines.push(`${label('Finding')}${paint('red', placeText(finding.place))}: ${findingText(finding)}`);
  if (findingsTotal > findings.length)
    lines.push(`${label('')}and ${counted(findingsTotal - findings.length, 'more finding')}`);
  const verdict = report.ok
    ? paint('green', 'Everything is as it was written and signed.')
    : paint('red', `FAILED: ${counted(findingsTotal, 'finding')}.`);
  return [...lines, '', verdict];
}
