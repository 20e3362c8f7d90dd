import * as fs from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** fsync of a file or folder. */
export function syncPath(path: string): void {
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Writes a small file so that it is there whole or not at all, durably. `next` is its name until it is whole. */
export function placeDurably(path: string, content: string | Uint8Array, mode: number, next = `${path}.next`): void {
  fs.writeFileSync(next, content, { mode });
  fs.chmodSync(next, mode);
  syncPath(next);
  fs.renameSync(next, path);
  syncPath(dirname(path));
}

/** The same without holding up the thread. Writers of one path must take turns. */
export async function placeDurablyLater(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const next = `${path}.next`;
  {
    await using file = await open(next, 'w', mode);
    await file.chmod(mode); // the mode given to open counts for a new file only
    await file.writeFile(content);
    await file.sync();
  }
  await rename(next, path);
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}
