import { closeSync, readSync } from 'node:fs';
import type { KernelObject } from './kernel-object.ts';
import { FILE_PASS_READ_BYTES } from './limits.ts';

/**
 * Has the kernel walk the open files of all processes once (see kernel/standing.h): the program does its work as the
 * pass is read, and prints nothing. False if the kernel gives no pass.
 */
export function runFilePass(object: KernelObject): boolean {
  const fd = object.openFilePass();
  if (fd < 0) return false;
  try {
    const nothing = Buffer.alloc(FILE_PASS_READ_BYTES);
    while (readMore(fd, nothing)) continue;
    return true;
  } finally {
    closeSync(fd);
  }
}

/** After a million files without output the kernel answers EAGAIN, to be asked again. */
function readMore(fd: number, into: Buffer): boolean {
  try {
    return readSync(fd, into) > 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return true;
    throw error;
  }
}
