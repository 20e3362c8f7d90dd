import { constants } from 'node:os';
import type * as koffiModule from 'koffi';

/** The few calls of the C library that Node does not offer. Each one returns −1 or an errno as in its manual page. */
export type Libc = {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly send: (fd: number, data: Buffer, size: number, flags: number) => number;
  readonly recv: (fd: number, data: Buffer, size: number, flags: number) => number;
  readonly close: (fd: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Buffer, size: number) => number;
  readonly flock: (fd: number, operation: number) => number;
  readonly getpwuidR: (uid: number, passwd: Buffer, text: Buffer, textSize: number, found: Buffer) => number;
  readonly addressOf: (data: Buffer) => bigint;
  /** Gives freed memory back to the system, where the C library can (glibc). */
  readonly trim: () => void;
  readonly errno: () => number;
};

/** The name of an errno, such as `EPERM`. */
export function errnoName(errno: number): string {
  const found = Object.entries(constants.errno).find(([, value]) => value === errno);
  return found === undefined ? `errno ${errno}` : found[0];
}

/** Binds the running process's own C library; undefined where koffi has no build for this platform. */
export async function openLibc(): Promise<Libc | undefined> {
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load(null);
    return {
      socket: library.func('int socket(int, int, int)'),
      send: library.func('long send(int, void *, size_t, int)'),
      recv: library.func('long recv(int, void *, size_t, int)'),
      close: library.func('int close(int)'),
      setsockopt: library.func('int setsockopt(int, int, int, void *, uint32_t)'),
      flock: library.func('int flock(int, int)'),
      getpwuidR: library.func('int getpwuid_r(uint32_t, void *, void *, size_t, void *)'),
      addressOf: (data) => koffi.address(data),
      trim: trimCall(library),
      errno: () => koffi.errno(),
    };
  } catch {
    return undefined;
  }
}

function trimCall(library: ReturnType<typeof koffiModule.load>): () => void {
  try {
    const trim = library.func('int malloc_trim(size_t)');
    return () => void trim(0);
  } catch {
    return () => {};
  }
}
