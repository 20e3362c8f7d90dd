import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, readSignedBatch } from '@portledger/format';
import type { SeenCheckpoint, SignedBatch } from '@portledger/format';
import { writeQuickly } from './durable-file.ts';

const CHAIN_FILE = 'chain.json';

/** A batch that was signed and sent; whether it arrived may not be known. */
export type SentBatch = { readonly session: string; readonly bytes: number; readonly signed: SignedBatch };

export type ChainState = {
  readonly sent?: SentBatch;
  /** The last checkpoint seen. */
  readonly seen?: SeenCheckpoint;
};

/**
 * What was signed last, so that a restart sends the very same again and the chain goes on. Written before each batch
 * without waiting for the disk: a killed process keeps it, and after a power cut an older one costs a new chain.
 */
export class ChainFile {
  readonly #path: string;

  constructor(dir: string) {
    this.#path = join(dir, CHAIN_FILE);
  }

  /** Nothing where there is no file, or one that a power cut left in pieces. */
  read(): ChainState {
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(this.#path, 'utf8'));
    } catch {
      return {};
    }
    if (!isJsonObject(value)) return {};
    const [sent, seen] = [readSent(value['sent']), readSeen(value['seen'])];
    return { ...(sent === undefined ? {} : { sent }), ...(seen === undefined ? {} : { seen }) };
  }

  write(state: ChainState): void {
    writeQuickly(this.#path, JSON.stringify(state));
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}

function readSent(value: unknown): SentBatch | undefined {
  if (!isJsonObject(value)) return undefined;
  const { session, bytes } = value;
  const signed = readSignedBatch(value['signed']);
  if (typeof session !== 'string' || typeof bytes !== 'number' || signed === undefined) return undefined;
  return { session, bytes, signed };
}

function readSeen(value: unknown): SeenCheckpoint | undefined {
  if (!isJsonObject(value)) return undefined;
  const { root, size } = value;
  return typeof root === 'string' && typeof size === 'number' ? { root, size } : undefined;
}
