import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCheckpoint, parseNote, verifyCosignature, type VerifierKey } from '@portledger/format';
import { nodeVerifyEd25519 } from '@portledger/format/node';
import type { WitnessedHead } from './decision.ts';
import { makeFolderDurably, replaceDurably } from './durable-file.ts';
import { WitnessError } from './witness-error.ts';

/**
 * The latest cosigned checkpoint of each log, in a folder named by the SHA-256 of the log's origin. What is stored is
 * the checkpoint with the witness's own cosignature, so that a stored head proves itself: one that was altered, or is
 * another witness's, does not verify and is never taken for "no head".
 */
export class HeadStore {
  readonly #dir: string;
  readonly #key: VerifierKey;
  /** Folders known to survive a crash. One that is there from before a kill may have been made and never synced. */
  readonly #durable = new Set<string>();

  constructor(dir: string, key: VerifierKey) {
    this.#dir = dir;
    this.#key = key;
  }

  /** Throws a WitnessError `state-unusable` where a head is stored and cannot be trusted. */
  async read(origin: string): Promise<WitnessedHead | undefined> {
    const path = this.#path(origin);
    const note = await textOf(path);
    if (note === undefined) {
      return undefined;
    }
    const cosigned = await verifyCosignature(note, this.#key, nodeVerifyEd25519);
    const parsed = parseNote(note);
    const head = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
    if (!cosigned.ok || !head.ok || head.value.origin !== origin) {
      const remedy = 'restore it from a copy not older than the last cosignature, or retire this witness key';
      throw new WitnessError('state-unusable', `${path} is not a checkpoint of ${origin} by this witness: ${remedy}`);
    }
    return { size: head.value.size, root: head.value.root };
  }

  /** Resolves once the checkpoint, cosignature and all, would survive a crash. One writer for an origin at a time. */
  async write(origin: string, cosigned: string): Promise<void> {
    const path = this.#path(origin);
    try {
      if (!this.#durable.has(origin)) {
        await makeFolderDurably(join(path, '..'));
        this.#durable.add(origin);
      }
      await replaceDurably(path, cosigned);
    } catch (error) {
      throw new WitnessError('state-not-written', `${path} can't be written: make room, or mend the disk`, error);
    }
  }

  #path(origin: string): string {
    return join(this.#dir, createHash('sha256').update(origin).digest('hex'), 'checkpoint');
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw new WitnessError('state-unusable', `${path} can't be read: mend the disk or the permissions`, error);
  }
}
