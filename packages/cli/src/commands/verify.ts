import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseVerifierKey } from '@portledger/format';
import type { Finding, FindingPlace, VerifyReport } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { roundByteSize } from '../config/byte-size.ts';
import { SETTINGS } from '../config/settings.ts';
import { configOf, holdsLedger } from '../connection/collector-target.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure, messageOf, systemCodeOf } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted, groupDigits } from '../output/amounts.ts';
import { escapeControls, escapeJsonControls } from '../output/escape.ts';
import { Progress } from '../output/progress.ts';
import type { Terminal } from '../output/terminal.ts';

const FORMATS = ['text', 'json'] as const;

export function verifyCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'verify',
    summary: 'recompute the whole ledger and tell every byte that is not as it was',
    description:
      'Recomputes everything from the stored files: the hash of every record, every block, the tree, the signature, the numbering ' +
      'of every stream. Works while the collector runs, and on a copy. Exit code 1 on any finding.',
    examples: [
      ['portledger verify', 'the ledger of this host'],
      ['portledger verify --data /mnt/copy --vkey log.vkey', 'a copy, against the key you noted down'],
    ],
  });
  command
    .option('--data <dir>', 'data folder (PORTLEDGER_DATA)')
    .option('--config <file>', 'configuration file (PORTLEDGER_CONFIG)')
    .option('--vkey <key>', "the log's verifier key, or a file that holds it, from where you trust it")
    .option('--format <format>', `${FORMATS.join(' or ')} (default: text)`);
  return runWith(command, line, verify);
}

async function verify(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const format = given.choice('format', FORMATS) ?? 'text';
  const dataDir = (await configOf(invocation, given)).get(SETTINGS.data);
  if (!(await holdsLedger(dataDir))) {
    throw new Failure(EXIT.usage, `there is no ledger in ${dataDir}`, 'name the folder that holds one with --data DIR');
  }
  const vkey = await givenKey(invocation, given);
  const { terminal } = invocation;
  const progress = new Progress(terminal);
  const startedMs = terminal.nowMs();
  const report = await checked(dataDir, vkey, progress);
  progress.end();
  const lines =
    format === 'json'
      ? [jsonReport(report)]
      : textReport(report, vkey !== undefined, terminal.nowMs() - startedMs, terminal);
  for (const text of lines) terminal.out(text);
  return report.ok ? EXIT.ok : EXIT.failed;
}

async function checked(dataDir: string, vkey: string | undefined, progress: Progress): Promise<VerifyReport> {
  const { verifyFolder } = await import('@portledger/collector');
  try {
    return await verifyFolder(dataDir, {
      ...(vkey === undefined ? {} : { vkey }),
      onProgress: ({ blocks, ofBlocks, records }) =>
        progress.update(
          `checking: block ${groupDigits(blocks)} of ${groupDigits(ofBlocks)}, ${counted(records, 'record')}`,
          blocks,
          ofBlocks,
        ),
    });
  } catch (error) {
    if (systemCodeOf(error) !== 'EACCES') throw error;
    throw new Failure(EXIT.notPermitted, messageOf(error), 'run it as the user that owns the data folder (sudo)');
  } finally {
    progress.end();
  }
}

/** The key itself, or the file that it stands in. */
async function givenKey(invocation: Invocation, given: GivenOptions): Promise<string | undefined> {
  const text = given.text('vkey');
  if (text === undefined || parseVerifierKey(nodeSha256, text).ok) return text;
  const content = await readFile(path.resolve(invocation.workingDir, text), 'utf8').catch(() => undefined);
  if (content === undefined)
    throw usage(
      `--vkey is neither a verifier key nor a file: ${JSON.stringify(text)}`,
      'a key is one line: name+8 hex digits+base64',
    );
  const key = parseVerifierKey(nodeSha256, content.trim());
  if (!key.ok) throw usage(`${text}: ${key.fault.message}`);
  return content.trim();
}

function jsonReport(report: VerifyReport): string {
  return escapeJsonControls(JSON.stringify(report));
}

function textReport(
  report: VerifyReport,
  isKeyGiven: boolean,
  tookMs: number,
  { paint, outColumns }: Terminal,
): string[] {
  const { counts, findings, findingsTotal, notes } = report;
  const label = (name: string) => paint('bold', name.padEnd(10));
  const key = isKeyGiven
    ? 'the key that you gave'
    : 'the key in the folder itself; give --vkey to prove that it is your log';
  const rate =
    tookMs > 0 && outColumns !== undefined
      ? `, ${groupDigits(Math.round((1000 * counts.records) / tookMs))} records/s`
      : '';
  const lines = [
    `${label('Log')}${escapeControls(report.origin || 'unknown')}`,
    `${label('Key')}${key}`,
    `${label('Signed')}${counted(report.size, 'block')} under the checkpoint`,
    `${label('Checked')}${counted(counts.records, 'record')} one by one, in ${counted(counts.blocks, 'block')} of ${counted(counts.segments, 'segment')}`,
    `${label('')}${counted(counts.tiles, 'tile')} and entry bundles, ${counted(counts.sessions, 'stream')}, ${roundByteSize(counts.bytes)} in ${(tookMs / 1000).toFixed(1)} s${rate}`,
  ];
  if (counts.unsealedRecords > 0)
    lines.push(`${label('')}${counted(counts.unsealedRecords, 'durable record')} not yet under a checkpoint`);
  for (const note of notes) lines.push(`${label('Note')}${paint('yellow', escapeControls(note.message))}`);
  for (const finding of findings)
    lines.push(`${label('Finding')}${paint('red', placeOf(finding.place))}: ${findingText(finding)}`);
  if (findingsTotal > findings.length)
    lines.push(`${label('')}and ${counted(findingsTotal - findings.length, 'more finding')}`);
  const verdict = report.ok
    ? paint('green', 'Everything is as it was written and signed.')
    : paint('red', `FAILED: ${counted(findingsTotal, 'finding')}.`);
  return [...lines, '', verdict];
}

function findingText({ code, message }: Finding): string {
  return `${escapeControls(message)} (${code})`;
}

function placeOf({ file, offset, block, line }: FindingPlace): string {
  const parts = [escapeControls(file)];
  if (offset !== undefined) parts.push(`at byte ${offset}`);
  if (block !== undefined) parts.push(`block ${block}`);
  if (line !== undefined) parts.push(`record ${line}`);
  return parts.join(', ');
}
