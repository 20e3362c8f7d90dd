import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** The ledger's folder as readers of blocks need it. */
export interface BlockFiles {
  /** A whole file; undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Fills `into` from `offset` on; false where the file ends before. Rejects where there is no such file. */
  readInto(path: string, offset: number, into: Uint8Array): Promise<boolean>;
}

/** The real folder. */
export class NodeBlockFiles implements BlockFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    try {
      const handle = await open(join(this.#folder, path), 'r');
      try {
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async readInto(path: string, offset: number, into: Uint8Array): Promise<boolean> {
    const handle = await open(join(this.#folder, path), 'r');
    try {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) return false;
        done += bytesRead;
      }
      return true;
    } finally {
      await handle.close();
    }
  }
}
