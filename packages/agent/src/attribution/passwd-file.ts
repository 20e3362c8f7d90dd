import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PASSWD_BYTES_MAX } from '../limits.ts';

/** uid → name of a passwd file (passwd(5)); the first line of a uid wins, as it does for the C library. */
export function parsePasswd(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name === undefined || name === '' || name.startsWith('#') || uid === undefined || !/^\d+$/.test(uid)) continue;
    if (!names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}

/** Reads a passwd file, at most PASSWD_BYTES_MAX of it; undefined when it cannot be read or is no plain file. */
export function readPasswd(path: string): ReadonlyMap<number, string> | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const facts = fstatSync(fd);
    // A container chooses what lies at this path: nothing but a plain file is read, and not without bound.
    if (!facts.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(facts.size, PASSWD_BYTES_MAX));
    return parsePasswd(bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0)));
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}
