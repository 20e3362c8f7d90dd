import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { VKEY_PATH, parseVerifierKey, verifyLedger, verifyPack } from '@portledger/format';
import type { LedgerFiles, TrustedKeys, VerifyProgress, VerifyReport, VerifyTools } from '@portledger/format';
import { NodeLedgerFiles, ServedLedgerFiles, nodeSha256, nodeVerifyEd25519, openPack } from '@portledger/format/node';
import { ledgerKeyPath } from './key-file.ts';
import { KeyFileSigner } from './log-signer.ts';
import { VerifyPool } from './verify-pool.ts';

/** Milliseconds between looks at something that a running ledger is just writing. */
const PAUSE_MS = 10;

/** Verifies a time stamp with certificates that are trusted (PEM), or with none. */
export type StampCheck = NonNullable<VerifyTools['checkTimestamp']>;

export type VerifyFolderOptions = TrustedKeys & {
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly checkTimestamp?: StampCheck;
  /** Threads beside this one; by default one a core, 4 at most. 0: everything on this thread. */
  readonly threads?: number;
};

/** Node's tools for verification, with blocks checked by a pool. */
export function nodeVerifyTools(pool: VerifyPool, checkTimestamp?: StampCheck): VerifyTools {
  return {
    hash: nodeSha256,
    verifyEd25519: nodeVerifyEd25519,
    crc32,
    checkBlock: (job) => pool.check(job),
    parallelBlocks: pool.parallelBlocks,
    pause: () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)),
    ...(checkTimestamp === undefined ? {} : { checkTimestamp }),
  };
}

/** The verifier key that belongs to the folder's private key, where that can be read; its name is the stored key's. */
function privateKeyVkey(dir: string): string | undefined {
  try {
    const stored = parseVerifierKey(nodeSha256, readFileSync(join(dir, 'ledger', VKEY_PATH), 'utf8'));
    const key = createPrivateKey(readFileSync(ledgerKeyPath(dir)));
    return stored.ok ? new KeyFileSigner(key, stored.value.name).vkey : undefined;
  } catch {
    return undefined; // an auditor has no access to it, or it is damaged, which the ledger itself will tell
  }
}

async function verifyWith(files: LedgerFiles, options: VerifyFolderOptions): Promise<VerifyReport> {
  const pool = new VerifyPool(options.threads ?? Math.min(4, availableParallelism()));
  try {
    return await verifyLedger(files, nodeVerifyTools(pool, options.checkTimestamp), options);
  } finally {
    await pool.close();
  }
}

/** Verifies the ledger of a data folder, running or not. Reads only. */
export function verifyFolder(dir: string, options: VerifyFolderOptions = {}): Promise<VerifyReport> {
  return verifyLedgerFolder(join(dir, 'ledger'), options);
}

/** The same of a ledger's own folder, which need not lie in a data folder. */
export function verifyLedgerFolder(folder: string, options: VerifyFolderOptions = {}): Promise<VerifyReport> {
  const own = privateKeyVkey(dirname(folder));
  return verifyWith(new NodeLedgerFiles(folder), { ...(own === undefined ? {} : { privateKeyVkey: own }), ...options });
}

/** Verifies a ledger as it is served, by a collector or a server of files. Throws ServedLedgerError. */
export async function verifyServed(
  url: string,
  token: string | undefined,
  options: VerifyFolderOptions = {},
): Promise<VerifyReport> {
  const files = await ServedLedgerFiles.open(url, token);
  try {
    return await verifyWith(files, options);
  } finally {
    files.close();
  }
}

/** Verifies an exported pack: a tar file or a folder. Throws PackError. */
export async function verifyPackFile(path: string, options: VerifyFolderOptions = {}): Promise<VerifyReport> {
  const pool = new VerifyPool(0);
  return verifyPack(await openPack(path), nodeVerifyTools(pool, options.checkTimestamp), options);
}
