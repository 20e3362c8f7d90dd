import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { VerifyFolderOptions } from '@portledger/collector';
import {
  CHECKPOINT_PATH,
  SEGMENTS_FOLDER,
  fail,
  ok,
  parsePolicy,
  parseVerifierKey,
  verifyReportText,
} from '@portledger/format';
import type { VerifyProgress, VerifyReport } from '@portledger/format';
import { PackError, ServedLedgerError, isPack, nodeSha256 } from '@portledger/format/node';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { SETTINGS } from '../config/settings.ts';
import { addCollectorOptions, configOf, holdsLedger } from '../connection/collector-target.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure, fileReasonOf, messageOf, systemCodeOf } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted, groupDigits } from '../output/amounts.ts';
import { escapeJsonControls } from '../output/escape.ts';
import { Progress } from '../output/progress.ts';
import { verifyReceipt } from './verify-receipt.ts';

const FORMATS = ['text', 'json'] as const;
/** Bytes that tell a pack from a receipt: a tar file names itself in its first block. */
const FIRST_BYTES = 512;
const ZSTD_MAGIC = 0xfd2fb528;

export function verifyCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'verify',
    summary: 'recompute the whole ledger and tell every byte that is not as it was; or check a pack or a receipt',
    description:
      'Recomputes everything from the stored bytes and reports one by one: integrity (every record, block, tile), signatures and ' +
      'witnesses, completeness of every stream, and what was pruned with or without authority. SOURCE is a data folder or a copy of ' +
      'its ledger, the URL of a server, an exported pack, or a receipt as POST /v1/records gave it; default: the ledger of this host. ' +
      'Works while the collector runs. What is not proven fails: exit code 1.',
    examples: [
      ['portledger verify', 'the ledger of this host'],
      ['portledger verify /mnt/copy --policy auditor.policy', 'a copy, by the keys and witnesses that you trust'],
      ['portledger verify https://host --token-file token', 'a running collector, over HTTP alone'],
      ['portledger verify pack.tar.zst --key log.vkey', 'records that were exported for you'],
      ['portledger verify receipt.json', 'that what was sent then is in the log now'],
    ],
  });
  command.argument('[source]', 'folder, URL, pack or receipt');
  addCollectorOptions(command)
    .option('--policy <file>', 'your C2SP tlog-policy: log, witnesses, quorum')
    .option('--key <key>', "the log's verifier key, or a file that holds it, from where you trust it")
    .option('--vkey <key>', 'the same')
    .option('--earlier <file>', 'a checkpoint of this log that you kept: the log must continue it')
    .option('--tsa-ca <file>', 'certificates (PEM) of the time stamp authorities that you trust')
    .option('--format <format>', `${FORMATS.join(' or ')} (default: text)`);
  return runWith(command, line, verify);
}

async function verify(invocation: Invocation, given: GivenOptions, args: readonly string[]): Promise<ExitCode> {
  const format = given.choice('format', FORMATS) ?? 'text';
  const [source] = args;
  const named = source === undefined ? undefined : await sourceOf(source, invocation);
  const vkey = await givenKey(invocation, given);
  if (named?.kind === 'receipt') return verifyReceipt(invocation, given, { file: named.path, vkey, format });
  const trusted = await trustedKeys(invocation, given, vkey);
  const { terminal } = invocation;
  const progress = new Progress(terminal);
  const startedMs = terminal.nowMs();
  const report = await checkedSource(invocation, given, { named, trusted, progress });
  const lines =
    format === 'json'
      ? [escapeJsonControls(JSON.stringify(report))]
      : verifyReportText(report, {
          tookMs: terminal.nowMs() - startedMs,
          tellsRate: terminal.outColumns !== undefined,
          paint: terminal.paint,
        });
  for (const text of lines) terminal.out(text);
  return report.ok ? EXIT.ok : EXIT.failed;
}

type Source =
  | { readonly kind: 'folder' | 'pack' | 'receipt'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string };

/** What a person named. A file is a receipt where it is JSON, and else a pack. */
async function sourceOf(text: string, { workingDir }: Invocation): Promise<Source> {
  if (/^https?:\/\//.test(text)) return { kind: 'url', url: text };
  const file = path.resolve(workingDir, text);
  const found = await stat(file).catch((error: unknown) => {
    throw usage(`can't read ${text}: ${fileReasonOf(error)}`);
  });
  if (found.isDirectory()) return { kind: isPack(file) ? 'pack' : 'folder', path: file };
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
    const isTar = buffer.toString('latin1', 257, 262) === 'ustar' || buffer.readUInt32LE() === ZSTD_MAGIC;
    return { kind: bytesRead > 4 && isTar ? 'pack' : 'receipt', path: file };
  } finally {
    await handle.close();
  }
}

type Asked = { readonly named: Source | undefined; readonly trusted: VerifyFolderOptions; readonly progress: Progress };

async function checkedSource(invocation: Invocation, given: GivenOptions, asked: Asked): Promise<VerifyReport> {
  const { verifyLedgerFolder, verifyPackFile, verifyServed } = await import('@portledger/collector');
  const { named, progress } = asked;
  const server = named === undefined ? given.text('server') : undefined;
  const onProgress = ({ blocks, ofBlocks, records }: VerifyProgress): void => {
    progress.update(
      `checking: block ${groupDigits(blocks)} of ${groupDigits(ofBlocks)}, ${counted(records, 'record')}`,
      blocks,
      ofBlocks,
    );
  };
  const options = { ...asked.trusted, onProgress };
  try {
    if (named?.kind === 'pack') return await verifyPackFile(named.path, options);
    if (named?.kind === 'url') return await verifyServed(named.url, await tokenOf(invocation, given), options);
    if (server !== undefined) return await verifyServed(server, await tokenOf(invocation, given), options);
    return await verifyLedgerFolder(await folderOf(invocation, given, named?.path), options);
  } catch (error) {
    if (error instanceof ServedLedgerError)
      throw new Failure(error.isRefused ? EXIT.notPermitted : EXIT.unreachable, error.message);
    if (error instanceof PackError) throw usage(error.message);
    if (systemCodeOf(error) !== 'EACCES') throw error;
    throw new Failure(EXIT.notPermitted, messageOf(error), 'run it as the user that owns the data folder (sudo)');
  } finally {
    progress.end();
  }
}

/** The token for a server's address: given, in a file, in the environment, or none, as a server of files needs none. */
async function tokenOf({ workingDir, environment }: Invocation, given: GivenOptions): Promise<string | undefined> {
  const text = given.text('token') ?? environment['PORTLEDGER_TOKEN'];
  const file = given.text('tokenFile');
  if (file === undefined) return text === '' ? undefined : text;
  const content = await readFile(path.resolve(workingDir, file), 'utf8').catch((error: unknown) => {
    throw usage(`can't read the token file ${file}: ${fileReasonOf(error)}`);
  });
  return content.trim();
}

/** The data folder, or the ledger's own folder: a copy is often of that alone. */
async function folderOf(invocation: Invocation, given: GivenOptions, named: string | undefined): Promise<string> {
  const dataDir = named ?? (await configOf(invocation, given)).get(SETTINGS.data);
  if (await holdsLedger(dataDir)) return path.join(dataDir, 'ledger');
  for (const file of [CHECKPOINT_PATH, SEGMENTS_FOLDER])
    if ((await stat(path.join(dataDir, file)).catch(() => undefined)) !== undefined) return dataDir;
  throw new Failure(EXIT.usage, `there is no ledger in ${dataDir}`, 'name the folder that holds one with --data DIR');
}

async function trustedKeys(
  invocation: Invocation,
  given: GivenOptions,
  vkey: string | undefined,
): Promise<VerifyFolderOptions> {
  const content = async (name: string, file: string): Promise<Buffer> =>
    readFile(path.resolve(invocation.workingDir, file)).catch((error: unknown) => {
      throw usage(`can't read ${name} ${file}: ${fileReasonOf(error)}`);
    });
  const [policyFile, earlierFile, caFile] = [given.text('policy'), given.text('earlier'), given.text('tsaCa')];
  const policy =
    policyFile === undefined ? undefined : parsePolicy(nodeSha256, await content('the policy', policyFile));
  if (policy?.ok === false)
    throw usage(policy.fault.map(({ line, message }) => `${policyFile}, line ${line}: ${message}`).join('\n'));
  const earlier = earlierFile === undefined ? undefined : (await content('the checkpoint', earlierFile)).toString();
  const trustedCaPem = caFile === undefined ? undefined : (await content('the certificates', caFile)).toString();
  const { checkTimestamp } = await import('@portledger/collector');
  return {
    checkTimestamp: (token, stamped) => {
      const checked = checkTimestamp(token, stamped, trustedCaPem);
      return checked.ok ? ok({ ...checked.value, isTrusted: caFile !== undefined }) : fail(checked.fault.message);
    },
    ...(vkey === undefined ? {} : { vkey }),
    ...(policy === undefined ? {} : { policy: policy.value }),
    ...(earlier === undefined ? {} : { earlier: [{ file: earlierFile ?? '', note: earlier, from: 'auditor' }] }),
  };
}

/** The key itself, or the file that it stands in. */
async function givenKey(invocation: Invocation, given: GivenOptions): Promise<string | undefined> {
  const text = given.text('key') ?? given.text('vkey');
  if (text === undefined || parseVerifierKey(nodeSha256, text).ok) return text;
  const content = await readFile(path.resolve(invocation.workingDir, text), 'utf8').catch(() => undefined);
  if (content === undefined)
    throw usage(
      `--key is neither a verifier key nor a file: ${JSON.stringify(text)}`,
      'a key is one line: name+8 hex digits+base64',
    );
  const key = parseVerifierKey(nodeSha256, content.trim());
  if (!key.ok) throw usage(`${text}: ${key.fault.message}`);
  return content.trim();
}
