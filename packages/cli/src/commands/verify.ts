import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseVerifierKey, verifyReportText } from '@portledger/format';
import type { VerifyReport } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { SETTINGS } from '../config/settings.ts';
import { addCollectorOptions, configOf, holdsLedger } from '../connection/collector-target.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure, messageOf, systemCodeOf } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted, groupDigits } from '../output/amounts.ts';
import { escapeJsonControls } from '../output/escape.ts';
import { Progress } from '../output/progress.ts';
import { verifyReceipt } from './verify-receipt.ts';

const FORMATS = ['text', 'json'] as const;

export function verifyCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'verify',
    summary: 'recompute the whole ledger and tell every byte that is not as it was; or redeem a receipt',
    description:
      'Recomputes everything from the stored files: the hash of every record, every block, the tree, the signature, the numbering ' +
      'of every stream. Works while the collector runs, and on a copy. Exit code 1 on any finding. With a receipt, as POST ' +
      '/v1/records gave it, only the records of that are looked up and proven, in the data folder or at --server.',
    examples: [
      ['portledger verify', 'the ledger of this host'],
      ['portledger verify --data /mnt/copy --vkey log.vkey', 'a copy, against the key you noted down'],
      ['portledger verify receipt.json', 'that what was sent then is in the log now'],
    ],
  });
  command.argument('[receipt]', 'file that holds the answer of POST /v1/records, or the receipt of it');
  addCollectorOptions(command)
    .option('--vkey <key>', "the log's verifier key, or a file that holds it, from where you trust it")
    .option('--format <format>', `${FORMATS.join(' or ')} (default: text)`);
  return runWith(command, line, verify);
}

async function verify(invocation: Invocation, given: GivenOptions, args: readonly string[]): Promise<ExitCode> {
  const format = given.choice('format', FORMATS) ?? 'text';
  const [receipt] = args;
  if (receipt !== undefined) {
    return verifyReceipt(invocation, given, { file: receipt, vkey: await givenKey(invocation, given), format });
  }
  if (given.text('server') !== undefined)
    throw usage('a whole ledger is verified in its folder', 'give --data DIR; --server is for a receipt');
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
      : verifyReportText(report, {
          isKeyGiven: vkey !== undefined,
          tookMs: terminal.nowMs() - startedMs,
          tellsRate: terminal.outColumns !== undefined,
          paint: terminal.paint,
        });
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
