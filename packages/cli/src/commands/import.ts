import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import type { ApiClient } from '../connection/api-client.ts';
import { addCollectorOptions, configOf } from '../connection/collector-target.ts';
import { withCollectorOrNew } from '../connection/with-collector.ts';
import { SETTINGS } from '../config/settings.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure, fileReasonOf } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { IMPORT_LINE_BYTES_MAX, REFUSALS_NAMED_MAX } from '../limits.ts';
import { ImportBatcher } from '../import/import-batch.ts';
import type { ImportBatch, Refusal } from '../import/import-batch.ts';
import { sendBatch } from '../import/import-sender.ts';
import { fileDigest, openInput } from '../import/input-lines.ts';
import type { Input } from '../import/input-lines.ts';
import { counted, groupDigits } from '../output/amounts.ts';
import { escapeControls } from '../output/escape.ts';
import { Progress } from '../output/progress.ts';

const INPUT_FORMATS = ['jsonl'] as const;
const SESSION_DIGEST_DIGITS = 32;

/** What came of one input, or of all. */
class Tally {
  accepted = 0;
  duplicates = 0;
  refused = 0;
}

export function importCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'import',
    summary: 'take in existing logs',
    description:
      'Takes in files of JSON lines, one record a line: the five-field template, or any fields of the access record. Files may be ' +
      'compressed with gzip or zstd. A line that is not understood is named by its number and kept in the quarantine; the others are ' +
      'taken. The same file imported again adds nothing. Works with and without a running collector.',
    examples: [
      ['portledger import access.jsonl --format jsonl', 'into the collector that runs here'],
      ['portledger import 2026-*.jsonl.gz --data /var/lib/portledger', 'several, compressed'],
      ['journalctl -o json … | jq -c … | portledger import -', 'from another program'],
      ['portledger import access.jsonl --dry-run', 'only say what would be refused'],
    ],
  });
  command
    .argument('<file...>', 'files to take in; - is standard input')
    .option('--format <format>', `${INPUT_FORMATS.join(', ')} (default: jsonl)`)
    .option('--observer <name>', 'who reported these records, where they do not say it (default: this host)')
    .option('--session <name>', 'name of the stream that the records become (default: from the content of the file)')
    .option('--dry-run', 'read and check, take nothing in');
  return runWith(addCollectorOptions(command), line, importFiles);
}

async function importFiles(invocation: Invocation, given: GivenOptions, files: readonly string[]): Promise<ExitCode> {
  given.choice('format', INPUT_FORMATS);
  if (given.text('session') !== undefined && files.length > 1)
    throw usage('--session names one stream', 'import the files one by one');
  if (files.filter((file) => file === '-').length > 1) throw usage('standard input can be read only once');
  const observer = given.text('observer') ?? (await configOf(invocation, given)).get(SETTINGS.observer);
  await checkFiles(invocation, files);
  const work = async (client: ApiClient | undefined): Promise<ExitCode> => {
    const total = new Tally();
    for (const file of files)
      await importInput(new ImportRun(invocation, client, total), { file, observer, session: given.text('session') });
    if (files.length > 1) invocation.terminal.out(summaryOf('all together', total, client === undefined));
    return total.refused > 0 ? EXIT.failed : EXIT.ok;
  };
  return given.flag('dryRun') === true ? work(undefined) : withCollectorOrNew(invocation, given, work);
}

/** A misspelt name is told before anything is taken in, and before a data folder is made for it. */
async function checkFiles(invocation: Invocation, files: readonly string[]): Promise<void> {
  const faults: string[] = [];
  for (const name of files) {
    if (name === '-') continue;
    const file = path.resolve(invocation.workingDir, name);
    const fault = await stat(file).then(
      (stats) => (stats.isDirectory() ? 'it is a folder: name the files in it' : undefined),
      fileReasonOf,
    );
    if (fault !== undefined) faults.push(`can't read ${name}: ${fault}`);
  }
  if (faults.length > 0) throw usage(faults.join('\n'), 'nothing was taken in');
}

type InputRequest = { readonly file: string; readonly observer: string; readonly session: string | undefined };

async function importInput(run: ImportRun, request: InputRequest): Promise<void> {
  const { workingDir, stdin } = run.invocation;
  const file = path.resolve(workingDir, request.file);
  try {
    const input = await openInput(request.file, file, stdin, IMPORT_LINE_BYTES_MAX);
    // What can be read only once can't be named after its content.
    const digest = input.bytesTotal === undefined ? randomBytes(16).toString('hex') : await fileDigest(file);
    const session = request.session ?? `import-${digest.slice(0, SESSION_DIGEST_DIGITS)}`;
    await run.take(input, new ImportBatcher({ observer: request.observer, session }, run.client !== undefined));
  } catch (error) {
    if (error instanceof Failure || run.invocation.stop.aborted) throw error;
    throw new Failure(EXIT.failed, `can't read ${request.file}: ${fileReasonOf(error)}`, undefined, { cause: error });
  }
}

/** One input on its way to the collector; without a client it is only checked. */
class ImportRun {
  readonly invocation: Invocation;
  readonly client: ApiClient | undefined;
  readonly #total: Tally;
  readonly #tally = new Tally();
  readonly #progress: Progress;
  #named = 0;

  constructor(invocation: Invocation, client: ApiClient | undefined, total: Tally) {
    this.invocation = invocation;
    this.client = client;
    this.#total = total;
    this.#progress = new Progress(invocation.terminal);
  }

  async take(input: Input, batcher: ImportBatcher): Promise<void> {
    try {
      for await (const line of input.lines()) {
        this.invocation.stop.throwIfAborted();
        const batch = batcher.add(line);
        if (batch !== undefined) await this.#send(input, batch);
      }
      await this.#send(input, batcher.flush());
    } finally {
      this.#progress.end();
      this.#addToTotal();
    }
    const { out, err } = this.invocation.terminal;
    const unnamed = this.#tally.refused - this.#named;
    if (unnamed > 0)
      err(
        `${escapeControls(input.name)}: and ${counted(unnamed, 'more line')} refused; the quarantine folder holds them`,
      );
    out(summaryOf(input.name, this.#tally, this.client === undefined));
  }

  async #send(input: Input, batch: ImportBatch): Promise<void> {
    this.#tally.refused += batch.refused.length;
    for (const refusal of batch.refused) this.#name(input, refusal);
    if (this.client === undefined) this.#tally.accepted += batch.lineNumbers.length;
    else if (batch.lineNumbers.length > 0) {
      const receipt = await sendBatch(this.client, batch, this.invocation.stop);
      const known = new Set(batch.refused.map(({ line }) => line));
      const knownSent = batch.lineNumbers.filter((line) => known.has(line)).length;
      this.#tally.accepted += receipt.accepted;
      this.#tally.duplicates += receipt.duplicates;
      this.#tally.refused += Math.max(0, receipt.refusedTotal - knownSent);
      for (const refusal of receipt.refused) if (!known.has(refusal.line)) this.#name(input, refusal);
    }
    const done = this.#tally.accepted + this.#tally.duplicates;
    this.#progress.update(
      `${escapeControls(input.name)}: ${counted(done, 'record')}`,
      input.bytesRead(),
      input.bytesTotal,
    );
  }

  #name(input: Input, refusal: Refusal): void {
    this.#named += 1;
    if (this.#named > REFUSALS_NAMED_MAX) {
      this.#named = REFUSALS_NAMED_MAX;
      return;
    }
    this.#progress.end();
    const { err, errPaint } = this.invocation.terminal;
    const field = refusal.field === undefined || refusal.reason.startsWith(refusal.field) ? '' : `${refusal.field}: `;
    err(
      `${errPaint('red', `${escapeControls(input.name)}:${refusal.line}:`)} ${escapeControls(field + refusal.reason)}`,
    );
  }

  #addToTotal(): void {
    this.#total.accepted += this.#tally.accepted;
    this.#total.duplicates += this.#tally.duplicates;
    this.#total.refused += this.#tally.refused;
  }
}

function summaryOf(name: string, tally: Tally, dryRun: boolean): string {
  const parts = [`${counted(tally.accepted, 'record')} ${dryRun ? 'would be taken in' : 'taken in'}`];
  if (tally.duplicates > 0) parts.push(`${groupDigits(tally.duplicates)} there already`);
  if (tally.refused > 0) parts.push(`${counted(tally.refused, 'line')} refused`);
  return `${escapeControls(name)}: ${parts.join(', ')}`;
}
