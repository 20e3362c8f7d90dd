import { dirname } from 'node:path/posix';
import type { LedgerFiles } from '@portledger/format';
import type { FilePart, JournalFile, LedgerDisk } from '../ledger-disk.ts';

type Inode = { now: Uint8Array; durable: Uint8Array };

/** What a crash leaves of what was not synced: everything, nothing, or for each file and name by chance. */
export type Survival = 'all' | 'none' | 'some';

/** Thrown by every operation from the crash on. */
class Crash extends Error {}

/**
 * A disk in memory that can crash at any of its operations, and that knows what was synced. Names are durable after
 * a sync of their folder, contents after a sync of the file: the least that POSIX promises.
 */
export class MemoryDisk implements LedgerDisk {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  readonly steps: string[] = [];
  /** The number of the operation to crash at, from 1; it is not done, but a write is done by half. */
  crashAt = Infinity;

  #step(name: string): void {
    this.steps.push(name);
    if (this.steps.length >= this.crashAt) throw new Crash(`crashed at ${name}`);
  }

  /** What is found after the crash: a new disk. `chance` decides for 'some'. */
  restarted(survival: Survival, chance: () => boolean): MemoryDisk {
    const next = new MemoryDisk();
    const lives = (): boolean => survival === 'all' || (survival === 'some' && chance());
    const kept = new Map<Inode, Inode>();
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const [before, after] = [this.#durableNames.get(path), this.#names.get(path)];
      const inode = before === after || lives() ? after : before;
      if (inode === undefined) continue;
      const bytes = lives() ? inode.now : inode.durable;
      const copy = kept.get(inode) ?? { now: bytes.slice(), durable: bytes.slice() };
      kept.set(inode, copy);
      next.#names.set(path, copy);
    }
    next.#durableNames = new Map(next.#names);
    return next;
  }

  #put(path: string, bytes: Uint8Array, offset: number, isWhole: boolean): void {
    const inode = this.#names.get(path) ?? { now: new Uint8Array(0), durable: new Uint8Array(0) };
    const before = isWhole ? new Uint8Array(0) : inode.now;
    const next = new Uint8Array(Math.max(before.length, offset + bytes.length));
    next.set(before);
    next.set(bytes, offset);
    inode.now = next;
    this.#names.set(path, inode);
  }

  #write(path: string, bytes: Uint8Array, offset: number, isWhole: boolean): void {
    if (this.steps.length + 1 === this.crashAt) this.#put(path, bytes.subarray(0, bytes.length >> 1), offset, isWhole);
    this.#step(`write ${path}`);
    this.#put(path, bytes, offset, isWhole);
  }

  async createJournal(path: string): Promise<JournalFile> {
    this.#write(path, new Uint8Array(0), 0, true);
    return {
      write: async (bytes, offset) => this.#write(path, bytes, offset, false),
      sync: async () => this.sync(path),
      truncate: async (bytes) => {
        this.truncate(path, bytes);
        this.sync(path);
      },
      close: async () => undefined,
    };
  }

  async syncFolderLater(folder: string): Promise<void> {
    this.syncFolder(folder);
  }

  makeFolder(): void {
    // Folders are no more than parts of names here.
  }

  paths(): readonly string[] {
    return [...this.#names.keys()];
  }

  list(folder: string): readonly string[] {
    const names = new Set<string>();
    for (const path of this.#names.keys()) {
      if (!path.startsWith(`${folder}/`)) continue;
      const rest = path.slice(folder.length + 1);
      const slash = rest.indexOf('/');
      names.add(slash === -1 ? rest : rest.slice(0, slash + 1));
    }
    return [...names].sort();
  }

  size(path: string): number | undefined {
    return this.#names.get(path)?.now.length;
  }

  read(path: string): Uint8Array | undefined {
    return this.#names.get(path)?.now.slice();
  }

  readAt(path: string, offset: number, length: number): Uint8Array | undefined {
    const bytes = this.#names.get(path)?.now;
    return bytes === undefined || bytes.length < offset + length ? undefined : bytes.slice(offset, offset + length);
  }

  readParts(path: string, parts: readonly FilePart[], into: Uint8Array): boolean {
    let at = 0;
    return parts.every(({ start, end }) => {
      const part = this.readAt(path, start, end - start);
      if (part !== undefined) into.set(part, at);
      at += end - start;
      return part !== undefined;
    });
  }

  writeAt(path: string, bytes: Uint8Array, offset: number): void {
    this.#write(path, bytes, offset, false);
  }

  write(path: string, bytes: Uint8Array): void {
    this.#write(path, bytes, 0, true);
  }

  sync(path: string): void {
    this.#step(`sync ${path}`);
    const inode = this.#names.get(path);
    if (inode !== undefined) inode.durable = inode.now.slice();
  }

  syncFolder(folder: string): void {
    this.#step(`sync folder ${folder}`);
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      if (dirname(path) !== folder) continue;
      const inode = this.#names.get(path);
      if (inode === undefined) this.#durableNames.delete(path);
      else this.#durableNames.set(path, inode);
    }
  }

  truncate(path: string, bytes: number): void {
    this.#step(`truncate ${path}`);
    const inode = this.#names.get(path);
    if (inode !== undefined) inode.now = inode.now.slice(0, bytes);
  }

  rename(from: string, to: string): void {
    this.#step(`rename ${from} to ${to}`);
    const inode = this.#names.get(from);
    if (inode === undefined) return;
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  unlink(path: string): void {
    this.#step(`unlink ${path}`);
    this.#names.delete(path);
  }

  /** The same files for verification. */
  files(): LedgerFiles {
    return {
      list: async (folder) =>
        this.paths()
          .filter((path) => (folder === '' ? !path.includes('/') : path.startsWith(`${folder}/`)))
          .map((path) => ({ path, bytes: this.size(path) ?? 0 })),
      read: async (path) => this.read(path),
      readAt: async (path, offset, length) => this.readAt(path, offset, length),
    };
  }

  /** For tests that damage things; counts as no operation. */
  set(path: string, bytes: Uint8Array | undefined): void {
    if (bytes === undefined) this.#names.delete(path);
    else this.#names.set(path, { now: bytes, durable: bytes });
  }
}
