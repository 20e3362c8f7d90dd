import * as fs from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DiskError } from './ledger-disk.ts';
import type { FilePart, JournalFile, LedgerDisk } from './ledger-disk.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM']);

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Sorts an operating system's error into what the ledger can do about it. */
function diskError(error: unknown, what: string): DiskError {
  const errno = errnoOf(error);
  const code = FULL.has(errno) ? 'disk-full' : READ_ONLY.has(errno) ? 'read-only' : 'io';
  return new DiskError(code, `${what}: ${error instanceof Error ? error.message : String(error)}`, error);
}

/** Whatever the reason: which names a folder has after its sync failed is not known, and a second sync may say all is well. */
function lostNames(error: unknown, folder: string): DiskError {
  return new DiskError('io', `fsync ${folder}: ${error instanceof Error ? error.message : String(error)}`, error);
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw diskError(error, what);
  }
}

async function attemptLater<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw diskError(error, what);
  }
}

class NodeJournalFile implements JournalFile {
  readonly #handle: FileHandle;
  readonly #path: string;

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    await attemptLater(`write ${this.#path}`, async () => {
      let done = 0;
      while (done < bytes.length) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      }
    });
  }

  async sync(): Promise<void> {
    await attemptLater(`fdatasync ${this.#path}`, () => this.#handle.datasync());
  }

  async truncate(bytes: number): Promise<void> {
    await attemptLater(`truncate ${this.#path}`, async () => {
      await this.#handle.truncate(bytes);
      await this.#handle.datasync();
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function writeWhole(fd: number, bytes: Uint8Array, offset: number): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, offset + done);
}

/** Whether the file had as many bytes. */
function readWhole(fd: number, into: Uint8Array, offset: number): boolean {
  let done = 0;
  while (done < into.length) {
    const read = fs.readSync(fd, into, done, into.length - done, offset + done);
    if (read === 0) return false;
    done += read;
  }
  return true;
}

function using<T>(path: string, flags: string | number, action: (fd: number) => T): T {
  const fd = fs.openSync(path, flags, 0o640);
  try {
    return action(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The real disk, under a data folder. */
export class NodeDisk implements LedgerDisk {
  readonly #root: string;
  /** Folders whose names this process has made durable: one that is there may be so in memory only, after a kill. */
  readonly #sureFolders = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  #at(path: string): string {
    return join(this.#root, path);
  }

  createJournal(path: string): Promise<JournalFile> {
    return attemptLater(
      `create ${path}`,
      async () => new NodeJournalFile(await open(this.#at(path), 'w', 0o640), path),
    );
  }

  async syncFolderLater(folder: string): Promise<void> {
    try {
      await using handle = await open(this.#at(folder), 'r');
      await handle.sync();
    } catch (error) {
      throw lostNames(error, folder);
    }
  }

  makeFolder(folder: string): void {
    if (this.#sureFolders.has(folder)) return;
    const above = dirname(folder);
    if (above !== folder && above !== '.') this.makeFolder(above);
    attempt(`mkdir ${folder}`, () => {
      fs.mkdirSync(this.#at(folder), { recursive: true, mode: 0o750 });
    });
    this.syncFolder(above);
    this.#sureFolders.add(folder);
  }

  list(folder: string): readonly string[] {
    const entries = attempt(`list ${folder}`, () =>
      fs.existsSync(this.#at(folder)) ? fs.readdirSync(this.#at(folder), { withFileTypes: true }) : [],
    );
    return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  }

  size(path: string): number | undefined {
    return attempt(`stat ${path}`, () => fs.statSync(this.#at(path), { throwIfNoEntry: false })?.size);
  }

  read(path: string): Uint8Array | undefined {
    const bytes = this.size(path);
    return bytes === undefined ? undefined : this.readAt(path, 0, bytes);
  }

  readAt(path: string, offset: number, length: number): Uint8Array | undefined {
    if ((this.size(path) ?? -1) < offset + length) return undefined;
    return attempt(`read ${path}`, () =>
      using(this.#at(path), 'r', (fd) => {
        const bytes = new Uint8Array(length);
        return readWhole(fd, bytes, offset) ? bytes : undefined;
      }),
    );
  }

  readParts(path: string, parts: readonly FilePart[], into: Uint8Array): boolean {
    if (this.size(path) === undefined) return false;
    return attempt(`read ${path}`, () =>
      using(this.#at(path), 'r', (fd) => {
        let at = 0;
        return parts.every(({ start, end }) => {
          const place = into.subarray(at, at + end - start);
          at += place.length;
          return readWhole(fd, place, start);
        });
      }),
    );
  }

  writeAt(path: string, bytes: Uint8Array, offset: number): void {
    attempt(`write ${path}`, () => {
      using(this.#at(path), fs.constants.O_WRONLY | fs.constants.O_CREAT, (fd) => writeWhole(fd, bytes, offset));
    });
  }

  write(path: string, bytes: Uint8Array): void {
    attempt(`write ${path}`, () => {
      using(this.#at(path), 'w', (fd) => writeWhole(fd, bytes, 0));
    });
  }

  sync(path: string): void {
    attempt(`fdatasync ${path}`, () => {
      using(this.#at(path), 'r+', (fd) => fs.fdatasyncSync(fd));
    });
  }

  syncFolder(folder: string): void {
    try {
      using(this.#at(folder), 'r', (fd) => fs.fsyncSync(fd));
    } catch (error) {
      throw lostNames(error, folder);
    }
  }

  truncate(path: string, bytes: number): void {
    attempt(`truncate ${path}`, () => {
      fs.truncateSync(this.#at(path), bytes);
    });
  }

  rename(from: string, to: string): void {
    attempt(`rename ${from} to ${to}`, () => {
      fs.renameSync(this.#at(from), this.#at(to));
    });
  }

  unlink(path: string): void {
    attempt(`unlink ${path}`, () => {
      fs.rmSync(this.#at(path), { force: true });
    });
  }
}
