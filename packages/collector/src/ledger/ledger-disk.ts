/** Which of the faults of a disk it was that a caller can do something about. */
export type DiskFaultCode = 'disk-full' | 'read-only' | 'io';

/** A failed disk operation. `io` means that what is on the disk is no longer known. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskFaultCode;

  constructor(code: DiskFaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The journal as the appending side uses it: it must not hold up the thread. */
export interface JournalFile {
  /** Writes at an offset, all of it. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** fdatasync. */
  sync(): Promise<void>;
  /** Cuts the file, durably. */
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** Bytes of a file from `start` to before `end`. */
export type FilePart = { readonly start: number; readonly end: number };

/**
 * The disk as the ledger needs it, so that crashes can be tried out between any two operations. Paths are relative
 * to one folder (the ledger, or the data folder). All but the journal is synchronous: it runs in the sealing thread. Failures throw DiskError.
 */
export interface LedgerDisk {
  /** Creates or empties a journal file; its name is durable only after `syncFolder`. */
  createJournal(path: string): Promise<JournalFile>;
  /** fsync of a folder: makes names created, renamed or unlinked in it durable. Every failure of it is `io`. */
  syncFolderLater(folder: string): Promise<void>;

  /** Creates a folder and those above it, durably: also where they are there already, and a killed process made them. */
  makeFolder(folder: string): void;
  /** Names in a folder, sorted; empty where there is no such folder. Folders end in `/`. */
  list(folder: string): readonly string[];
  /** undefined where there is no such file. */
  size(path: string): number | undefined;
  /** Whole file; undefined where there is none. */
  read(path: string): Uint8Array | undefined;
  /** Exactly `length` bytes from `offset`; undefined where the file is missing or shorter. */
  readAt(path: string, offset: number, length: number): Uint8Array | undefined;
  /** Reads parts of a file one behind the other into `into`, which must be as long as they are; false where the file is missing or shorter. */
  readParts(path: string, parts: readonly FilePart[], into: Uint8Array): boolean;
  /** Writes at an offset into a file, which is created when missing. Not durable before `sync`. */
  writeAt(path: string, bytes: Uint8Array, offset: number): void;
  /** Empties or creates a file and writes it whole. Not durable before `sync`. */
  write(path: string, bytes: Uint8Array): void;
  /** fdatasync of a file. */
  sync(path: string): void;
  syncFolder(folder: string): void;
  /** Not durable before `sync`. */
  truncate(path: string, bytes: number): void;
  rename(from: string, to: string): void;
  /** Missing files are none of its business. */
  unlink(path: string): void;
}
