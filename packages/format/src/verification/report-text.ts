import { byteSize, counted, digits, moment, printable } from './report-words.ts';
import { isGapless } from './stream-report.ts';
import type { StreamReport } from './stream-report.ts';
import type { Finding, FindingPlace, Section } from './verify-log.ts';
import type { VerifyReport } from './verify-report.ts';
import { FINDING_SECTIONS } from './verify-log.ts';
import type { TrustReport } from './verify-trust.ts';

/** How a part of the report may be set off on a terminal. */
export type ReportStyle = 'bold' | 'red' | 'green' | 'yellow';
type Paint = (style: ReportStyle, text: string) => string;

export type ReportContext = {
  readonly tookMs: number;
  /** Whether to tell the speed: it differs from run to run. */
  readonly tellsRate?: boolean;
  readonly paint?: Paint;
};

/** Streams, prunings and silences told one by one in the text; all of them stand in the JSON report. */
const TOLD_MAX = 20;

const TITLES: Readonly<Record<Section, string>> = {
  integrity: 'Integrity',
  signatures: 'Signatures',
  completeness: 'Completeness',
  retention: 'Retention',
};
const NO_OUTSIDER = 'No outside witness and no time stamp: the operator could have rewritten all of this.';

function placeText({ file, offset, block, line }: FindingPlace): string {
  const parts = [printable(file)];
  if (offset !== undefined) parts.push(`at byte ${offset}`);
  if (block !== undefined) parts.push(`block ${block}`);
  if (line !== undefined) parts.push(`record ${line}`);
  return parts.join(', ');
}

function findingText({ code, place, message }: Finding, paint: Paint): string {
  return `${paint('red', placeText(place))}: ${printable(message)} (${code})`;
}

function integrityLines({ counts }: VerifyReport, { tookMs, tellsRate = false }: ReportContext): string[] {
  const rate = tellsRate && tookMs > 0 ? `, ${digits(Math.round((1000 * counts.records) / tookMs))} records/s` : '';
  const lines = [
    `${counted(counts.records, 'record')} recomputed one by one, in ${counted(counts.blocks, 'block')} of ${counted(counts.segments, 'segment')}`,
    `${counted(counts.tiles, 'tile')} and entry bundles, ${byteSize(counts.bytes)} in ${(tookMs / 1000).toFixed(1)} s${rate}`,
  ];
  if (counts.unsealedRecords > 0)
    lines.push(`${counted(counts.unsealedRecords, 'durable record')} not yet under a checkpoint`);
  return lines;
}

const KEY_FROM: Readonly<Record<TrustReport['keyFrom'], string>> = {
  policy: 'the log’s key is in your policy',
  given: 'the log’s key is the key that you gave',
  ledger: 'the log’s key was taken from the ledger itself: give --key or --policy to prove that it is your log',
};

function signatureLines({ trust, size, sections, handovers, signing }: VerifyReport, paint: Paint): string[] {
  const lines = [
    `${counted(size, 'block')} under the checkpoint${sections.signatures === 'pass' ? ', signed by the log' : ''}`,
    KEY_FROM[trust.keyFrom],
  ];
  for (const { size: at, from, to } of handovers)
    lines.push(`at ${counted(at, 'block')} the key ${printable(from)} handed over to ${printable(to)}`);
  for (const { observer, signed, unsigned, inParts, keys } of signing) {
    const parts = inParts > 0 ? `; ${digits(inParts)} of them in parts, whose lines were not hashed` : '';
    const others = unsigned > 0 ? `, and not ${digits(unsigned)}` : '';
    lines.push(
      `${printable(observer)} signed ${counted(signed, 'batch').replace('batchs', 'batches')}${others}, by ${keys.join(', ') || 'no known key'}${parts}`,
    );
  }
  for (const { witness, timeSeconds } of trust.witnesses)
    lines.push(`cosigned by ${printable(witness)} at ${moment(timeSeconds)}`);
  if (trust.quorum !== 'not-asked') {
    const missing = trust.missing.length === 0 ? '' : `; not cosigned by ${printable(trust.missing.join(', '))}`;
    lines.push(`the quorum of your policy is ${trust.quorum === 'met' ? 'met' : 'NOT met'}${missing}`);
  }
  if (trust.witnesses.length > 0 && trust.witnessedSize < size)
    lines.push(paint('yellow', `witnessed are the first ${counted(trust.witnessedSize, 'block')}, not yet the rest`));
  for (const { authority, time, size: stamped, isTrusted } of trust.times)
    lines.push(
      `${isTrusted ? 'time stamp of' : 'unproven time stamp of'} ${printable(authority)}: ${counted(stamped, 'block')} existed at ${printable(time)}`,
    );
  for (const earlier of trust.continues)
    lines.push(`continues your earlier checkpoint of ${counted(earlier, 'block')}`);
  if (!trust.isVouchedOutside) lines.push(paint('yellow', NO_OUTSIDER));
  return lines;
}

/** What one stream has to tell of its gaps. */
function streamLines(stream: StreamReport): string[] {
  const name = `${printable(stream.observer)} ${printable(stream.session)}`;
  const lines: string[] = [];
  const untold = stream.missing - stream.toldMissing;
  const ofWhom = stream.isSigned ? '' : '; nobody signs this stream, so its sender may never have sent them';
  if (stream.toldMissing > 0) lines.push(`${name}: ${counted(stream.toldMissing, 'number')} lost, which the log tells`);
  if (untold > 0) lines.push(`${name}: ${counted(untold, 'number')} never received${ofWhom}`);
  if (stream.overlaps > 0) lines.push(`${name}: ${counted(stream.overlaps, 'overlap')}`);
  for (const [cause, count] of Object.entries(stream.lost))
    lines.push(`${name}: says that it lost ${counted(count, 'record')}: ${printable(cause)}`);
  const [first] = stream.silences;
  if (first !== undefined) {
    const others = stream.silencesTotal > 1 ? `, and ${counted(stream.silencesTotal - 1, 'more time')}` : '';
    lines.push(`${name}: silent from ${first.from} to ${first.to}${others}`);
  }
  return lines;
}

function completenessLines({ streams, counts }: VerifyReport, paint: Paint): string[] {
  const telling = streams.filter((stream) => !isGapless(stream));
  const stopped = streams.filter(({ isStopped }) => isStopped).length;
  const lines = [
    `${counted(counts.sessions, 'stream')}, ${digits(counts.sessions - telling.length)} without a gap${stopped > 0 ? `, ${digits(stopped)} said that they ended` : ''}`,
  ];
  const told = telling.flatMap(streamLines);
  for (const line of told.slice(0, TOLD_MAX)) lines.push(paint('yellow', line));
  if (told.length > TOLD_MAX) lines.push(`and ${digits(told.length - TOLD_MAX)} more: see --format json`);
  return lines;
}

function retentionLines({ pruned, findings }: VerifyReport): string[] {
  const without = findings.filter(({ code }) => FINDING_SECTIONS[code] === 'retention').length;
  if (pruned.length === 0) return [without === 0 ? 'every block is stored' : 'blocks are missing without authority'];
  const records = pruned.reduce((sum, segment) => sum + segment.records, 0);
  const lines = [`${counted(pruned.length, 'segment')} of ${counted(records, 'record')} pruned with authority`];
  for (const { class: name, firstBlock, lastBlock, policy, pruned: when, toldInBlock } of pruned.slice(0, TOLD_MAX))
    lines.push(
      `${name}, blocks ${firstBlock}–${lastBlock}: policy ${printable(policy)}, pruned ${when} (block ${toldInBlock})`,
    );
  if (pruned.length > TOLD_MAX) lines.push(`and ${digits(pruned.length - TOLD_MAX)} more: see --format json`);
  return lines;
}

/** A verification's report for a person, line by line, safe for a terminal. The last line is the verdict. */
export function verifyReportText(report: VerifyReport, context: ReportContext): string[] {
  const { findings, findingsTotal, notes, sections } = report;
  const paint: Paint = context.paint ?? ((_style, text) => text);
  const column = (name: string) => paint('bold', name.padEnd(14));
  const lines = [`${column('Log')}${printable(report.origin || 'unknown')}`];
  const section = (name: Section, texts: readonly string[]): void => {
    const state = sections[name];
    if (state === 'not-checked') return;
    const verdict = state === 'pass' ? paint('green', 'PASS') : paint('red', 'FAIL');
    for (const [at, text] of texts.entries())
      lines.push(`${column(at === 0 ? TITLES[name] : '')}${at === 0 ? verdict : '    '}  ${text}`);
    for (const finding of findings)
      if (FINDING_SECTIONS[finding.code] === name) lines.push(`${column('')}      ${findingText(finding, paint)}`);
  };
  section('integrity', integrityLines(report, context));
  section('signatures', signatureLines(report, paint));
  section('completeness', completenessLines(report, paint));
  section('retention', retentionLines(report));
  for (const note of notes) lines.push(`${column('Note')}${paint('yellow', printable(note.message))}`);
  if (findingsTotal > findings.length) lines.push(`and ${counted(findingsTotal - findings.length, 'more finding')}`);
  const isMissing = report.pruned.length > 0 ? ', and what is gone was pruned with authority' : '';
  const verdict = report.ok
    ? paint('green', `PASS. Everything is as it was written and signed${isMissing}.`)
    : paint('red', `FAILED: ${counted(findingsTotal, 'finding')}.`);
  return [...lines, '', verdict];
}
