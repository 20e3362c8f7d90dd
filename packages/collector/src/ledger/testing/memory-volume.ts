import { dirname } from 'node:path/posix';
import { MemoryFile } from './memory-file.ts';
import type { Random } from './memory-file.ts';

/** What a name stands for: a file, or a folder. */
type Entry = MemoryFile | 'folder';

/** The folder that a path is in; that of the volume itself is ''. */
export function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}

/**
 * Names and files of a volume, each with what is durable of it: names after a sync of their folder, contents after a
 * sync of the file, which is the least that POSIX promises. A rename is two changes, each durable by itself.
 */
export class MemoryVolume {
  #names: Map<string, Entry>;
  #durable: Map<string, Entry>;
  readonly #dirty = new Set<string>();

  constructor(names: ReadonlyMap<string, Entry> = new Map()) {
    this.#names = new Map(names);
    this.#durable = new Map(names);
  }

  file(path: string): MemoryFile | undefined {
    const entry = this.#names.get(path);
    return entry === 'folder' ? undefined : entry;
  }

  isFolder(path: string): boolean {
    return path === '' || this.#names.get(path) === 'folder';
  }

  paths(): readonly string[] {
    return [...this.#names].filter(([, entry]) => entry !== 'folder').map(([path]) => path);
  }

  /** Names right in a folder, sorted; those of folders end in `/`. */
  list(folder: string): readonly string[] {
    const names: string[] = [];
    for (const [path, entry] of this.#names) {
      if (folderOf(path) === folder)
        names.push(`${path.slice(folder === '' ? 0 : folder.length + 1)}${entry === 'folder' ? '/' : ''}`);
    }
    return names.sort();
  }

  /** The file of that name, made when missing. Throws where there is no such folder, as open(2) does. */
  made(path: string): MemoryFile {
    const found = this.file(path);
    if (found !== undefined) return found;
    if (!this.isFolder(folderOf(path))) throw new Error(`there is no folder ${folderOf(path)}`);
    const file = new MemoryFile();
    this.name(path, file);
    return file;
  }

  name(path: string, entry: Entry | undefined): void {
    if (entry === undefined) this.#names.delete(path);
    else this.#names.set(path, entry);
    this.#dirty.add(path);
  }

  rename(from: string, to: string): void {
    const file = this.file(from);
    if (file === undefined) throw new Error(`there is no file ${from}`);
    this.name(from, undefined);
    this.name(to, file);
  }

  syncFolder(folder: string): void {
    this.#settle(folder, () => true);
  }

  /** A sync that fails: of the changed names some are durable, the others never will be. */
  failSyncFolder(folder: string, random: Random): void {
    this.#settle(folder, () => random() < 0.5);
  }

  #settle(folder: string, isWritten: () => boolean): void {
    for (const path of this.#dirty) {
      if (folderOf(path) !== folder) continue;
      this.#dirty.delete(path);
      if (isWritten()) copyName(this.#names, this.#durable, path);
    }
  }

  /** After the power went: each change of a name is there or not, and nothing in a folder that isn't. */
  afterPowerLoss(lives: () => boolean): MemoryVolume {
    const names = new Map(this.#durable);
    for (const path of this.#dirty) if (lives()) copyName(this.#names, names, path);
    const files = new Map<MemoryFile, MemoryFile>();
    const left = new Map<string, Entry>();
    for (const path of [...names.keys()].sort()) {
      const entry = names.get(path);
      const folder = folderOf(path);
      if (entry === undefined || (folder !== '' && left.get(folder) !== 'folder')) continue;
      if (entry === 'folder') left.set(path, entry);
      else {
        const file = files.get(entry) ?? entry.afterPowerLoss(lives);
        files.set(entry, file);
        left.set(path, file);
      }
    }
    return new MemoryVolume(left);
  }

  /** What failed syncs have lost may fall out of memory. */
  evict(random: Random): void {
    for (const path of new Set([...this.#names.keys(), ...this.#durable.keys()])) {
      const isLost = !this.#dirty.has(path) && this.#names.get(path) !== this.#durable.get(path);
      if (isLost && random() < 0.5) copyName(this.#durable, this.#names, path);
    }
    for (const entry of this.#names.values()) if (entry !== 'folder') entry.evict(random);
  }
}

function copyName(from: ReadonlyMap<string, Entry>, to: Map<string, Entry>, path: string): void {
  const entry = from.get(path);
  if (entry === undefined) to.delete(path);
  else to.set(path, entry);
}
