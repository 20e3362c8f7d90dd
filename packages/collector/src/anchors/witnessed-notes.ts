import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeCosignature, isSignatureOf, meetsQuorum, parseCheckpoint, parseNote } from '@portledger/format';
import type { Policy } from '@portledger/format';
import { placeDurablyLater, syncPath } from '../ledger/durable-file.ts';

/** A cosigned checkpoint that is kept. Times are seconds since the epoch, by witness of the policy. */
export type WitnessedNote = {
  readonly size: number;
  readonly note: string;
  readonly times: ReadonlyMap<string, number>;
  readonly isQuorum: boolean;
};

const NOTE_NAME = /^(\d{12})\.note$/;
const DAY_SECONDS = 86_400;

function nameOf(size: number): string {
  return `${String(size).padStart(12, '0')}.note`;
}

/**
 * Cosigned checkpoints, one file a size. Kept are the newest, the newest that a quorum cosigned, and the last of each day:
 * enough to show at any later time what was seen when. Signatures are not verified here: those who wrote them did, and
 * those who rely on them will.
 */
export class WitnessedNotes {
  readonly #folder: string;
  readonly #policy: Policy;
  #kept: readonly WitnessedNote[];

  /** `folder` is `DIR/ledger/witnessed`; it need not be there. What can't be read in it is passed over. */
  constructor(folder: string, policy: Policy) {
    this.#folder = folder;
    this.#policy = policy;
    this.#kept = namesIn(folder).flatMap((name) => {
      const note = this.#read(readFileSync(join(folder, name), 'utf8'));
      return note === undefined || nameOf(note.size) !== name ? [] : [note];
    });
  }

  get newest(): WitnessedNote | undefined {
    return this.#kept.at(-1);
  }

  /** The newest that the policy's quorum cosigned. */
  get trusted(): WitnessedNote | undefined {
    return this.#kept.findLast(({ isQuorum }) => isQuorum);
  }

  of(size: number): WitnessedNote | undefined {
    return this.#kept.find((kept) => kept.size === size);
  }

  /** The latest cosignature by a witness that is kept. */
  lastBy(witness: string): { readonly size: number; readonly timeSeconds: number } | undefined {
    const last = this.#kept.findLast(({ times }) => times.has(witness));
    return last === undefined ? undefined : { size: last.size, timeSeconds: last.times.get(witness) ?? 0 };
  }

  /** Resolves once the note is durable. One at a time; sizes never go down, as those of a log do not. */
  async keep(text: string): Promise<void> {
    const note = this.#read(text);
    if (note === undefined) throw new RangeError('what is no checkpoint is not kept as a cosigned one');
    if ((await mkdir(this.#folder, { recursive: true })) !== undefined) syncPath(join(this.#folder, '..'));
    await placeDurablyLater(join(this.#folder, nameOf(note.size)), note.note, 0o644);
    const all = [...this.#kept.filter(({ size }) => size !== note.size), note].sort((a, b) => a.size - b.size);
    // Crash here: one too many is kept, until the next one is.
    this.#kept = worthKeeping(all);
    for (const { size } of all) if (this.of(size) === undefined) await unlink(join(this.#folder, nameOf(size)));
  }

  #read(text: string): WitnessedNote | undefined {
    const note = parseNote(text);
    const head = note.ok ? parseCheckpoint(note.value.text) : undefined;
    if (!note.ok || head?.ok !== true) return undefined;
    const times = new Map<string, number>();
    for (const { name, key } of this.#policy.witnesses) {
      for (const line of note.value.signatures.filter((signature) => isSignatureOf(key, signature))) {
        const cosignature = decodeCosignature(line.signature);
        if (cosignature !== undefined) times.set(name, Math.max(cosignature.timeSeconds, times.get(name) ?? 0));
      }
    }
    return { size: head.value.size, note: text, times, isQuorum: meetsQuorum(this.#policy, new Set(times.keys())) };
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => NOTE_NAME.test(name))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Of notes by size: the newest, the newest of a quorum, and of each day the last, of a quorum where there is one. */
function worthKeeping(notes: readonly WitnessedNote[]): WitnessedNote[] {
  const byDay = new Map<number, WitnessedNote>();
  for (const note of notes) {
    const day = Math.floor(Math.max(0, ...note.times.values()) / DAY_SECONDS);
    if (note.isQuorum || byDay.get(day)?.isQuorum !== true) byDay.set(day, note);
  }
  const kept = new Set([...byDay.values(), notes.at(-1), notes.findLast(({ isQuorum }) => isQuorum)]);
  return notes.filter((note) => kept.has(note));
}
