import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fail, readReceipt, redeemReceipt } from '@portledger/format';
import type { Receipt, ReceiptFault, Redeemed, Result } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { SETTINGS } from '../config/settings.ts';
import { configOf } from '../connection/collector-target.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { messageOf } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { escapeControls } from '../output/escape.ts';
import { folderSource, serverSource } from './proof-source.ts';

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
        locate: (range) => source.locate(range, receipt.value.received),
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
  const { records, duplicates, blocks, size } = redeemed.value;
  lines.push(
    `${label('Proven')}${counted(records, 'record')} in ${counted(blocks, 'block')}, under the checkpoint of ${counted(size, 'block')}`,
  );
  if (duplicates > 0) lines.push(`${label('')}${counted(duplicates, 'record')} of them had been sent before`);
  return [...lines, '', paint('green', 'Every record of this receipt is in the log as it was sent.')];
}
