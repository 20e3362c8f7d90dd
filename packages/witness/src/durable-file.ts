import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** Makes a folder that survives a crash; its parent must be there. Readable by its owner only. */
export async function makeFolderDurably(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  await syncFolder(dirname(path));
}

/**
 * Replaces a file so that after a crash it holds the old text or the new, and the new one once this has resolved.
 * Writers of one path must take turns: they share the name `<path>.next`.
 */
export async function replaceDurably(path: string, text: string): Promise<void> {
  const next = `${path}.next`;
  {
    await using file = await open(next, 'w', FILE_MODE);
    await file.chmod(FILE_MODE); // the mode given to open counts for a new file only
    await file.writeFile(text);
    await file.sync();
  }
  // Crash here: the old file stands, the new one is a leftover that the next replacement overwrites.
  await rename(next, path);
  // Crash here: either file may stand. No one has been told of the new one yet.
  await syncFolder(dirname(path));
}
