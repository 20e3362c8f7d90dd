import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file that only its owner may read, whole or not at all, and returns once it is on the disk. */
export function writeDurably(path: string, text: string): void {
  writePrivately(path, text, true);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The same without waiting for the disk: it outlives the process, and may be lost with the machine. */
export function writeQuickly(path: string, text: string): void {
  writePrivately(path, text, false);
}

function writePrivately(path: string, text: string, isSynced: boolean): void {
  const next = `${path}.new`;
  const file = openSync(next, 'w', 0o600);
  try {
    writeSync(file, text);
    if (isSynced) fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
}
