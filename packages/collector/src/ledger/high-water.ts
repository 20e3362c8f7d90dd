import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bytesEqual, parseCheckpoint, parseNote } from '@portledger/format';
import type { Checkpoint } from '@portledger/format';
import { placeDurablyLater, syncPath } from './durable-file.ts';
import { LedgerError } from './ledger-shapes.ts';
import { HIGH_WATER_INTERVAL_MS } from './limits.ts';
import { readPublishedLog } from './published-log.ts';

const FILE_MODE = 0o600;

/** Where the mark is kept by default: not in the ledger's folder, so that it does not go back together with it. */
export function highWaterPath(dir: string): string {
  return join(dir, 'keys', 'high-water');
}

/**
 * The largest checkpoint that this ledger is known to have published, kept outside its folder. It lags behind by a few
 * seconds and never runs ahead, for it is written after publication: a ledger that does not reach it was set back.
 */
export class HighWater {
  readonly #path: string;
  readonly #onFailure: (error: unknown) => void;
  #latest: string | undefined;
  #written: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, onFailure: (error: unknown) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
  }

  /** Takes note of a published checkpoint, which must be durable by now. It is written within a few seconds. */
  raise(checkpoint: string): void {
    this.#latest = checkpoint;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, HIGH_WATER_INTERVAL_MS).unref();
  }

  /** Resolves once the last checkpoint taken note of is written. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#write();
    await this.#writing;
  }

  #write(): void {
    this.#writing = this.#writing.then(() => this.#place()).catch(this.#onFailure);
  }

  async #place(): Promise<void> {
    const checkpoint = this.#latest;
    if (checkpoint === undefined || checkpoint === this.#written) return;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    await placeDurablyLater(this.#path, checkpoint, FILE_MODE);
    this.#written = checkpoint;
  }
}

/**
 * Refuses a ledger that does not reach its high-water mark, or reaches it with another tree: before anything in it is
 * signed or changed. `folder` is `DIR/ledger`, `path` the mark's file; where there is none nothing can be said.
 */
export function checkHighWater(folder: string, path: string): void {
  const mark = readMark(path);
  if (mark === undefined) return;
  const log = readPublishedLog(folder);
  const head = log === undefined ? undefined : headOf(log.head().checkpoint);
  const seen = `${path} says that this ledger had published ${mark.size} blocks`;
  const remedy =
    'restore the newest copy of the ledger’s folder. If there is none, `portledger ledger accept-restored` goes on from what is left, and records that';
  if (log === undefined || head === undefined) {
    if (mark.size === 0) return;
    throw new LedgerError('rolled-back', `${seen}, but no checkpoint can be read in ${folder}: ${remedy}`);
  }
  if (head.origin !== mark.origin) {
    throw new LedgerError('rolled-back', `${path} is of the log ${mark.origin}, this is ${head.origin}: ${remedy}`);
  }
  if (head.size < mark.size) {
    const what = `the ledger has ${head.size} blocks, but ${seen}: it was restored from an old backup`;
    throw new LedgerError('rolled-back', `${what}. Nothing was changed; ${remedy}`);
  }
  const root = head.size === mark.size ? head.root : log.root(mark.size);
  if (root !== undefined && !bytesEqual(root, mark.root)) {
    const what = `${seen} with another content: the ledger was rewritten, or restored from an old backup and went on`;
    throw new LedgerError('rolled-back', `${what}. Nothing was changed; ${remedy}`);
  }
}

/** Sets the mark aside for good, as evidence; returns where it lies now, undefined where there was none. */
export function setMarkAside(path: string, nowMicros: number): string | undefined {
  const aside = `${path}.refused-${new Date(nowMicros / 1_000).toISOString().replace(/[:.]/g, '-')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  syncPath(dirname(path));
  return aside;
}

function headOf(note: string): Checkpoint | undefined {
  const parsed = parseNote(note);
  const head = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
  return head?.ok === true ? head.value : undefined;
}

function readMark(path: string): Checkpoint | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new LedgerError('rolled-back', `${path} can't be read: mend its permissions, or the disk`, error);
  }
  const mark = headOf(text);
  if (mark !== undefined) return mark;
  throw new LedgerError(
    'rolled-back',
    `${path} holds no checkpoint: restore it from a copy; only where nobody set the ledger back, remove it`,
  );
}
