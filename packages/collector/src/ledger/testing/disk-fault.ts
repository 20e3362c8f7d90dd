import type { Random } from './memory-file.ts';

export const DISK_OPERATIONS = [
  'create',
  'write',
  'sync',
  'sync-folder',
  'truncate',
  'rename',
  'unlink',
  'mkdir',
  'read',
  'stat',
  'list',
] as const;

export type DiskOperation = (typeof DISK_OPERATIONS)[number];

/** One operation on a disk. */
export type DiskStep = {
  readonly operation: DiskOperation;
  /** Relative to the ledger's folder; what lies beside it in the data folder begins with `~/`. */
  readonly path: string;
  /** Of a rename, the new name. */
  readonly to?: string;
};

/** `sync journal/000000000000.wal`, `rename staging/next.tmp to checkpoint`. */
export function stepText({ operation, path, to }: DiskStep): string {
  return to === undefined ? `${operation} ${path}` : `${operation} ${path} to ${to}`;
}

/**
 * What may go wrong with one operation.
 * - `failed`: nothing was done, and it says so (EIO). A sync has lost what it was to write: no later one brings it back.
 * - `persisted`: it was done, and yet it says that it failed.
 * - `torn`: a part of it was done, and it says that it failed.
 * - `full`: a part of it was done, then there was no room (ENOSPC).
 * - `read-only`: nothing was done, nothing can be (EROFS).
 * - `rot`: a read gives a flipped bit and says nothing.
 * - `skipped`: nothing was done and it says nothing. No disk does so: a program that forgets the step does.
 */
export type DiskFault = 'failed' | 'persisted' | 'torn' | 'full' | 'read-only' | 'rot' | 'skipped';

/** A step done only once another one is: what a program does that has two steps in the wrong order. */
export type Deferral = { readonly until: (step: DiskStep) => boolean };

/** Asked before each step; undefined lets it be done. */
export type Injection = (step: DiskStep) => DiskFault | Deferral | undefined;

/** How a machine stopped: the process was killed, and what was written is all still there, or the power went. */
export type Stop =
  | { readonly kind: 'killed'; readonly random: Random }
  /** Of what was not synced survives everything, nothing, or each sector and name by chance. */
  | { readonly kind: 'power'; readonly survives: 'all' | 'none' | 'some'; readonly random: Random };
