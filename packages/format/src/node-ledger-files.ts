import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LedgerFiles, StoredFile } from './verification/ledger-files.ts';

async function unlessMissing<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** A ledger's folder on disk, read only, for verification. */
export class NodeLedgerFiles implements LedgerFiles {
  readonly #root: string;

  /** `root` is `DIR/ledger`. */
  constructor(root: string) {
    this.#root = root;
  }

  async list(folder: string): Promise<readonly StoredFile[]> {
    const files: StoredFile[] = [];
    const entries = (await unlessMissing(() => readdir(join(this.#root, folder), { withFileTypes: true }))) ?? [];
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (folder !== '') files.push(...(await this.list(path)));
        else if (!LEDGER_FOLDERS.has(path)) files.push({ path, bytes: 0 });
        continue;
      }
      const stats = await unlessMissing(() => stat(join(this.#root, path)));
      if (stats !== undefined) files.push({ path, bytes: stats.size });
    }
    return files;
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return unlessMissing(async () => {
      const handle = await open(join(this.#root, path), 'r');
      try {
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    });
  }

  readAt(path: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    return unlessMissing(async () => {
      const handle = await open(join(this.#root, path), 'r');
      try {
        if ((await handle.stat()).size < offset + length) return undefined;
        const bytes = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
          if (bytesRead === 0) return undefined;
          done += bytesRead;
        }
        return bytes;
      } finally {
        await handle.close();
      }
    });
  }
}

/** Folders that are listed by themselves; another one in the ledger's folder has no business there. */
const LEDGER_FOLDERS = new Set(['segments', 'tile', 'journal', 'staging', 'witnessed', 'timestamps', 'keys']);
