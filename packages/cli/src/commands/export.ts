import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createZstdCompress } from 'node:zlib';
import {
  LATEST_TIMESTAMP_PATH,
  PACK_HEAD_PATH,
  PACK_POLICY_PATH,
  PACK_PROOFS_PATH,
  TIMESTAMPS_FOLDER,
  parseCheckpoint,
  parseNote,
} from '@portledger/format';
import type { PackHead } from '@portledger/format';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import type { ApiClient } from '../connection/api-client.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { ledgerPapers } from '../export/ledger-papers.ts';
import type { Paper } from '../export/ledger-papers.ts';
import { packReadme, policyTemplate } from '../export/pack-papers.ts';
import { proofLines, servedBytes } from '../export/pack-proofs.ts';
import type { Address } from '../export/pack-proofs.ts';
import { tarBytes } from '../export/tar-file.ts';
import { Failure } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { Progress } from '../output/progress.ts';
import { addTimeOptions, queryOf } from './query-options.ts';
import { searchPage } from './search.ts';

/** Records asked for at once. */
const PAGE_RECORDS = 1_000;
/** Records of one pack: their addresses are kept in memory. More is a matter of the whole ledger. */
const EXPORT_RECORDS_MAX = 5_000_000;

export function exportCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'export',
    summary: 'take records out for an auditor, with all that it takes to prove them',
    description:
      'Writes the records that a filter finds into a pack: their lines as they were sealed, their proofs, the signed checkpoint with its ' +
      'cosignatures, the verifier, and a page that says how to check it with nothing but Node. The export is itself recorded. ' +
      'For the whole ledger see `portledger ledger export`.',
    examples: [
      [
        "portledger export 'user:alice' --from 2026-01-01 --to 2026-04-01 --out alice.tar.zst",
        'a quarter of one person',
      ],
      ['portledger export dest_port:5432 --out pack', 'into a folder'],
    ],
  });
  command.argument('[filter...]', 'which records; default: all');
  addTimeOptions(command);
  addCollectorOptions(command).option('--out <path>', 'a new file NAME.tar or NAME.tar.zst, or else a new folder');
  return runWith(command, line, exportRecords);
}

async function exportRecords(invocation: Invocation, given: GivenOptions, args: readonly string[]): Promise<ExitCode> {
  const out = given.text('out');
  if (out === undefined) throw usage('where to?', 'give --out FILE.tar.zst, or --out FOLDER');
  const target = path.resolve(invocation.workingDir, out);
  const query = queryOf(given, args);
  return withCollector(invocation, given, async (client) => {
    const addresses = await found(client, query, invocation);
    const taken = await takeOut(client, { addresses, query, target }, invocation);
    const body = JSON.stringify({ what: 'records', query, count: taken.records });
    await client.json('/v1/exports', { method: 'POST', body, contentType: 'application/json' });
    const { out: print } = invocation.terminal;
    print(`${counted(taken.records, 'record')} in ${out}, under the checkpoint of ${counted(taken.size, 'block')}`);
    if (taken.left > 0)
      print(`${counted(taken.left, 'record')} left out: not under a checkpoint yet; export again in a second`);
    print(`check it: portledger verify ${out}`);
    return EXIT.ok;
  });
}

/** The addresses of all that is found, in the order of the log. */
async function found(client: ApiClient, query: string, { stop }: Invocation): Promise<readonly Address[]> {
  const addresses: Address[] = [];
  let cursor: string | undefined;
  do {
    const page = await searchPage(client, { query, order: 'asc' }, PAGE_RECORDS, cursor, stop);
    for (const { block, position } of page.hits) addresses.push({ block, position });
    if (addresses.length > EXPORT_RECORDS_MAX)
      throw new Failure(
        EXIT.failed,
        `more than ${EXPORT_RECORDS_MAX} records are found`,
        'narrow the filter, or export the ledger',
      );
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return addresses.sort((a, b) => a.block - b.block || a.position - b.position);
}

type Wanted = { readonly addresses: readonly Address[]; readonly query: string; readonly target: string };
type Taken = { readonly records: number; readonly left: number; readonly size: number };

async function takeOut(client: ApiClient, wanted: Wanted, invocation: Invocation): Promise<Taken> {
  const head = await headFor(client, wanted.addresses.at(-1)?.block ?? 0, invocation.stop);
  const { checkpoint, size, origin } = head;
  const sealed = wanted.addresses.filter(({ block }) => block < size);
  if (sealed.length === 0) throw new Failure(EXIT.failed, 'nothing to export: no sealed record is found');
  const folder = await mkdtemp(path.join(path.dirname(wanted.target), '.portledger-export-'));
  const progress = new Progress(invocation.terminal);
  try {
    const proofs = createWriteStream(path.join(folder, PACK_PROOFS_PATH));
    let records = 0;
    const lines = async function* (): AsyncGenerator<string> {
      for await (const proof of proofLines(client, sealed, size, invocation.stop)) {
        records += proof.records;
        progress.update(`proving: ${counted(records, 'record')}`, records, sealed.length);
        yield `${proof.line}\n`;
      }
    };
    await pipeline(Readable.from(lines()), proofs);
    const vkey = new TextDecoder().decode(await servedBytes(client, '/ledger/vkey', invocation.stop)).trim();
    const packHead: PackHead = {
      v: 1,
      kind: 'portledger-pack',
      origin,
      created: new Date().toISOString(),
      query: wanted.query,
      records,
    };
    await finish(folder, wanted.target, { head: packHead, checkpoint, vkey, papers: head.papers });
    return { records, left: wanted.addresses.length - sealed.length, size };
  } finally {
    progress.end();
    await rm(folder, { recursive: true, force: true });
  }
}

type Head = {
  readonly checkpoint: string;
  readonly size: number;
  readonly origin: string;
  readonly papers: readonly Paper[];
};

function headOf(checkpoint: string): Omit<Head, 'papers'> | undefined {
  const note = parseNote(checkpoint);
  const parsed = note.ok ? parseCheckpoint(note.value.text) : undefined;
  return parsed?.ok === true ? { checkpoint, size: parsed.value.size, origin: parsed.value.origin } : undefined;
}

/**
 * A checkpoint that covers a block: one that the witnesses' quorum cosigned where it does, else one with a time stamp,
 * else the newest. A stamp goes with the pack where it is of that very tree: of another it would prove nothing there.
 */
async function headFor(client: ApiClient, block: number, signal: AbortSignal): Promise<Head> {
  const bytesOf = (name: string) => servedBytes(client, `/ledger/${name}`, signal);
  const read = async (name: string) => headOf(new TextDecoder().decode(await bytesOf(name)));
  const witnessed = await read('witnessed').catch(() => undefined); // there need be no witness
  const papers = await ledgerPapers({ read: (name) => bytesOf(name).catch(() => undefined) });
  const stamp = papers.find(({ name }) => name.startsWith(`${TIMESTAMPS_FOLDER}/`) && name.endsWith('.note'));
  const stamped = stamp === undefined ? undefined : headOf(new TextDecoder().decode(stamp.bytes));
  const head = [witnessed, stamped].find((one) => one !== undefined && one.size > block) ?? (await read('checkpoint'));
  if (head === undefined) throw new Failure(EXIT.failed, 'the collector serves no checkpoint that can be read');
  const isOfIt = stamped?.size === head.size;
  return { ...head, papers: papers.filter(({ name }) => isOfIt || !name.startsWith(`${TIMESTAMPS_FOLDER}/`)) };
}

/** The single-file verifier, where this installation can make it: it is made from the sources. */
async function verifierFile(folder: string): Promise<boolean> {
  const writer = path.resolve(import.meta.dirname, '../../../format/write-verifier.mjs');
  return promisify(execFile)(process.execPath, [writer, path.join(folder, 'verify.mjs')]).then(
    () => true,
    () => false,
  );
}

type Papers = {
  readonly head: PackHead;
  readonly checkpoint: string;
  readonly vkey: string;
  readonly papers: readonly Paper[];
};

async function finish(folder: string, target: string, { head, checkpoint, vkey, papers }: Papers): Promise<void> {
  const hasVerifier = await verifierFile(folder);
  const stamp = papers.find(({ name }) => name.endsWith('.tsr'))?.name;
  const texts: readonly (readonly [string, string | Uint8Array])[] = [
    [PACK_HEAD_PATH, `${JSON.stringify(head, null, 2)}\n`],
    ['README.md', packReadme(head, hasVerifier)],
    ['checkpoint', checkpoint],
    ['vkey', `${vkey}\n`],
    [PACK_POLICY_PATH, policyTemplate(vkey)],
    ...papers.map(({ name, bytes }) => [name, bytes] as const),
    ...(stamp === undefined ? [] : [[LATEST_TIMESTAMP_PATH, path.basename(stamp, '.tsr')] as const]),
  ];
  if (!/\.tar(\.zst)?$/.test(target)) {
    for (const [name, text] of texts) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    await mkdir(target); // a folder that is there stays as it is
    await rename(folder, target);
    return;
  }
  const entries = [
    ...texts.map(([name, text]) => ({ name, content: Buffer.from(text) })),
    ...(hasVerifier ? [{ name: 'verify.mjs', content: await readFile(path.join(folder, 'verify.mjs')) }] : []),
    { name: PACK_PROOFS_PATH, content: { path: path.join(folder, PACK_PROOFS_PATH) } },
  ];
  const bytes = Readable.from(tarBytes(entries, Math.floor(Date.parse(head.created) / 1000)));
  const file = createWriteStream(target, { flags: 'wx', mode: 0o600 });
  await (target.endsWith('.zst') ? pipeline(bytes, createZstdCompress(), file) : pipeline(bytes, file));
}
