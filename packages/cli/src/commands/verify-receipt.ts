import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, readReceipt, readRecordSetProof, redeemReceipt } from '@portledger/format';
import type { ProveRecords, Receipt, ReceiptFault, Redeemed, Result } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { SETTINGS } from '../config/settings.ts';
import type { ApiClient } from '../connection/api-client.ts';
import { failureOfFault } from '../connection/api-fault.ts';
import { configOf, findCollector } from '../connection/collector-target.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure, messageOf, systemCodeOf } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { escapeControls } from '../output/escape.ts';
import { isObject } from '../output/hit.ts';

/** Where proofs come from, and the key that is found there. */
type ProofSource = { readonly where: string; readonly vkey: string; readonly prove: ProveRecords };

/** Redeems a receipt in a data folder, which is only read, or at a running collector. */
export async function verifyReceipt(
  invocation: Invocation,
  given: GivenOptions,
  options: { readonly file: string; readonly vkey: string | undefined; readonly format: 'text' | 'json' },
): Promise<ExitCode> {
  const receipt = await receiptIn(path.resolve(invocation.workingDir, options.file));
  const isServer = given.text('server') !== undefined || given.text('data') === undefined;
  const server = isServer ? (given.text('server') ?? invocation.environment['PORTLEDGER_SERVER']) : undefined;
  const source =
    server === undefined || server === ''
      ? await folderSource((await configOf(invocation, given)).get(SETTINGS.data))
      : await serverSource(invocation, given);
  const redeemed = receipt.ok
    ? await redeemReceipt(receipt.value, {
        vkey: options.vkey ?? source.vkey,
        hash: nodeSha256,
        linesHash: () => createHash('sha256'),
        verifyEd25519: nodeVerifyEd25519,
        prove: source.prove,
      })
    : receipt;
  const shown = { receipt, redeemed, where: source.where, isKeyGiven: options.vkey !== undefined };
  const lines = options.format === 'json' ? [jsonOf(redeemed)] : textOf(shown, invocation);
  for (const line of lines) invocation.terminal.out(line);
  return redeemed.ok ? EXIT.ok : EXIT.failed;
}

async function receiptIn(file: string): Promise<Result<Receipt, ReceiptFault>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw usage(`can't read the receipt ${file}: ${messageOf(error)}`);
  });
  try {
    const input: unknown = JSON.parse(text);
    return readReceipt(input);
  } catch {
    return fail({ code: 'malformed-receipt', message: 'this is not a receipt: it is not JSON' });
  }
}

async function folderSource(dataDir: string): Promise<ProofSource> {
  const { readPublishedLog } = await import('@portledger/collector');
  let log: ReturnType<typeof readPublishedLog>;
  try {
    log = readPublishedLog(path.join(dataDir, 'ledger'));
  } catch (error) {
    if (systemCodeOf(error) !== 'EACCES') throw error;
    throw new Failure(EXIT.notPermitted, messageOf(error), 'run it as the user that owns the data folder (sudo)');
  }
  if (log === undefined) {
    throw new Failure(EXIT.usage, `there is no ledger in ${dataDir}`, 'name the folder that holds one with --data DIR');
  }
  return {
    where: dataDir,
    vkey: log.head().vkey,
    prove: async (places) => {
      const set = await log.proveSet(places);
      if (set.ok) return set;
      const { code, message } = set.fault;
      if (code === 'too-many') throw new Error(message);
      return fail({ code, message });
    },
  };
}

async function serverSource(invocation: Invocation, given: GivenOptions): Promise<ProofSource> {
  const target = await findCollector(invocation, given);
  if (target.kind === 'stopped') throw new Error('a server that was named is running');
  const status = await target.client.json('/v1/status', { signal: invocation.stop });
  const vkey = isObject(status) && typeof status['vkey'] === 'string' ? status['vkey'] : '';
  return { where: target.client.url, vkey, prove: (places) => askFor(target.client, places, invocation.stop) };
}

async function askFor(
  client: ApiClient,
  addresses: Parameters<ProveRecords>[0],
  signal: AbortSignal,
): ReturnType<ProveRecords> {
  const request = { method: 'POST', body: JSON.stringify({ addresses }), contentType: 'application/json' } as const;
  const answer = await client.attempt('/v1/proofs', { ...request, signal });
  if (answer.ok) {
    const set = readRecordSetProof(answer.value);
    return set.ok ? ok(set.value) : fail({ code: 'not-proven', message: set.fault.message });
  }
  const { code, message } = answer.fault;
  if (code === 'not-sealed' || code === 'pruned') return fail({ code, message });
  if (code === 'record-not-found') return fail({ code: 'not-found', message });
  throw failureOfFault(answer.fault);
}

function jsonOf(redeemed: Result<Redeemed, ReceiptFault>): string {
  return JSON.stringify(redeemed.ok ? { ok: true, ...redeemed.value } : { ok: false, ...redeemed.fault });
}

type Shown = {
  readonly receipt: Result<Receipt, ReceiptFault>;
  readonly redeemed: Result<Redeemed, ReceiptFault>;
  readonly where: string;
  readonly isKeyGiven: boolean;
};

function textOf({ receipt, redeemed, where, isKeyGiven }: Shown, { terminal: { paint } }: Invocation): string[] {
  const label = (name: string) => paint('bold', name.padEnd(10));
  const lines: string[] = [];
  if (receipt.ok) {
    const { count, origin, received } = receipt.value;
    lines.push(
      `${label('Receipt')}${counted(count, 'record')}, received ${escapeControls(received)}`,
      `${label('Log')}${escapeControls(origin)}`,
    );
  }
  const key = isKeyGiven ? 'the key that you gave' : 'the key found there; give --vkey to prove that it is your log';
  lines.push(`${label('Asked')}${escapeControls(where)}`, `${label('Key')}${key}`);
  if (!redeemed.ok) {
    const { code, message } = redeemed.fault;
    return [...lines, '', `${paint('red', 'FAILED:')} ${escapeControls(message)} (${code}).`];
  }
  const { records, blocks, size } = redeemed.value;
  lines.push(
    `${label('Proven')}${counted(records, 'record')} in ${counted(blocks, 'block')}, under the checkpoint of ${counted(size, 'block')}`,
  );
  return [...lines, '', paint('green', 'Every record of this receipt is in the log as it was accepted.')];
}
