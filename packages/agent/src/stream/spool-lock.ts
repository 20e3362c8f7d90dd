import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { errnoName, type Libc } from '../libc/libc.ts';

const LOCK_EX_NB = 2 | 4;

/**
 * Holds a spool folder for one process. flock(2) goes with the process, so that kill -9 leaves nothing to clean up.
 * Throws when another agent holds it. Without the C library nothing is held.
 */
export function lockSpool(dir: string, libc: Libc | undefined): Disposable {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (libc === undefined) return { [Symbol.dispose]: () => {} };
  const fd = openSync(join(dir, 'lock'), 'w', 0o600);
  if (libc.flock(fd, LOCK_EX_NB) !== 0) {
    const name = errnoName(libc.errno());
    closeSync(fd);
    throw new Error(`another agent uses the spool ${dir} (${name}); stop it or give this one another folder`);
  }
  return { [Symbol.dispose]: () => closeSync(fd) };
}
