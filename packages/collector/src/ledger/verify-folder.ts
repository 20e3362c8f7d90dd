import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { parseVerifierKey, verifyLedger } from '@portledger/format';
import type { LedgerFiles, VerifyProgress, VerifyReport, VerifyTools } from '@portledger/format';
import { NodeLedgerFiles, nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { ledgerKeyPath } from './ledger-key.ts';
import { LogSigner } from './log-signer.ts';
import { VerifyPool } from './verify-pool.ts';

/** Milliseconds between looks at something that a running ledger is just writing. */
const PAUSE_MS = 10;

export type VerifyFolderOptions = {
  /** The log's verifier key from where you trust it; by default the one in the ledger's folder. */
  readonly vkey?: string;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Threads beside this one; by default one a core, 4 at most. 0: everything on this thread. */
  readonly threads?: number;
};

/** Node's tools for verification, with blocks checked by a pool. */
export function nodeVerifyTools(pool: VerifyPool): VerifyTools {
  return {
    hash: nodeSha256,
    verifyEd25519: nodeVerifyEd25519,
    crc32,
    checkBlock: (job) => pool.check(job),
    parallelBlocks: pool.parallelBlocks,
    pause: () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)),
  };
}

/** The verifier key that belongs to the folder's private key, where that can be read; its name is the stored key's. */
function privateKeyVkey(dir: string): string | undefined {
  try {
    const stored = parseVerifierKey(nodeSha256, readFileSync(join(dir, 'ledger', 'vkey'), 'utf8'));
    const key = createPrivateKey(readFileSync(ledgerKeyPath(dir)));
    return stored.ok ? new LogSigner(key, stored.value.name).vkey : undefined;
  } catch {
    return undefined; // an auditor has no access to it, or it is damaged, which the ledger itself will tell
  }
}

/** Verifies the ledger of a data folder, running or not. Reads only. */
export async function verifyFolder(dir: string, options: VerifyFolderOptions = {}): Promise<VerifyReport> {
  const pool = new VerifyPool(options.threads ?? Math.min(4, availableParallelism()));
  const files: LedgerFiles = new NodeLedgerFiles(join(dir, 'ledger'));
  const own = privateKeyVkey(dir);
  try {
    return await verifyLedger(files, nodeVerifyTools(pool), {
      ...(options.vkey === undefined ? {} : { vkey: options.vkey }),
      ...(own === undefined ? {} : { privateKeyVkey: own }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
  } finally {
    await pool.close();
  }
}
