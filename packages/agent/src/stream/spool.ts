import { constants, mkdirSync, readSync } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SEND_BYTES_MAX, SPOOL_RESUME_FREE_PART, SPOOL_SEGMENT_BYTES } from '../limits.ts';
import { segmentFile } from './segment-name.ts';
import { recoverSpool } from './spool-recovery.ts';

/** A write returns once it is on the disk, as with fdatasync(2) after it, but in one go. */
const SYNCED_WRITES = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DSYNC;

type Segment = {
  readonly path: string;
  readonly session: string;
  /** Number of the first line that is not acknowledged. */
  nextSeq: number;
  /** Bytes that are synced: only those are sent. */
  size: number;
  acknowledged: number;
  /** Nothing more is appended. */
  finished: boolean;
  /** For appending; only the newest file of this run has one. */
  writer: FileHandle | undefined;
};

/** Whole lines of one session, from one spool file. */
export type SpoolBatch = {
  readonly session: string;
  readonly firstSeq: number;
  readonly lines: Buffer;
  readonly size: number;
  readonly records: number;
};

/** Which lines of which stream are appended. */
export type SpoolPlace = { readonly session: string; readonly firstSeq: number; readonly records: number };

export type SpoolOptions = {
  readonly dir: string;
  readonly bytesMax: number;
  readonly segmentBytes?: number;
  /** What an earlier run knew to be delivered: the records of that session below `seq`. */
  readonly delivered?: { readonly session: string; readonly seq: number };
};

/**
 * Lines on disk until the collector has them: files of at most SPOOL_SEGMENT_BYTES, sent in order, removed once
 * acknowledged. Kept in memory is only where each file ends. What is true after a crash: a line is either whole in a
 * file or cut away at the next start; lines already acknowledged but not yet removed are sent again, unchanged.
 */
export class Spool {
  /** Bytes cut off the files of earlier runs. */
  readonly tornBytes: number;
  readonly #options: SpoolOptions;
  readonly #segments: Segment[];
  readonly #segmentBytes: number;
  #bytes = 0;
  #records = 0;
  #overflowing = false;
  /** The file being sent. A handle of its own, so that finishing a file never closes it under a read. */
  #reader: { readonly segment: Segment; readonly handle: FileHandle } | undefined;

  private constructor(options: SpoolOptions, segments: Segment[], tornBytes: number, oldRecords: number) {
    this.#options = options;
    this.#segments = segments;
    this.tornBytes = tornBytes;
    // A full file still stands while its last lines are on their way: one must never fill the spool.
    this.#segmentBytes = Math.min(options.segmentBytes ?? SPOOL_SEGMENT_BYTES, Math.ceil(options.bytesMax / 8));
    for (const segment of segments) this.#bytes += segment.size;
    this.#records = oldRecords;
  }

  static async open(options: SpoolOptions): Promise<Spool> {
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    const { segments, tornBytes } = await recoverSpool(options.dir);
    const old = segments.map(({ path, session, firstSeq, size }) => {
      return { path, session, nextSeq: firstSeq, size, acknowledged: 0, finished: true, writer: undefined };
    });
    const records = segments.reduce((sum, segment) => sum + segment.records, 0);
    const spool = new Spool(options, old, tornBytes, records);
    if (options.delivered !== undefined) await spool.#skip(options.delivered);
    return spool;
  }

  /** Records on disk that are not acknowledged yet. */
  get undeliveredRecords(): number {
    return this.#records;
  }

  /** Bytes on disk that are not acknowledged yet. */
  get undeliveredBytes(): number {
    let bytes = 0;
    for (const { size, acknowledged } of this.#segments) bytes += size - acknowledged;
    return bytes;
  }

  /**
   * Whether `pendingBytes` more still fit. Once full it says no until SPOOL_RESUME_FREE_PART is free again, so that an
   * outage leaves one gap and not thousands.
   */
  hasRoom(pendingBytes: number): boolean {
    const free = this.#options.bytesMax - this.#bytes - pendingBytes;
    if (free < 0) this.#overflowing = true;
    else if (free >= this.#options.bytesMax * SPOOL_RESUME_FREE_PART) this.#overflowing = false;
    return !this.#overflowing;
  }

  /** Appends whole lines of one session and returns once they are on the disk. Throws what the disk throws. */
  async append(lines: Buffer, place: SpoolPlace): Promise<void> {
    const { session, firstSeq, records } = place;
    const segment = await this.#writable(session, firstSeq);
    const { writer } = segment;
    if (writer === undefined) throw new Error(`spool file ${segment.path} is not open`);
    // A write that failed half way is written over: `size` counts synced lines alone.
    let written = 0;
    while (written < lines.length) {
      const { bytesWritten } = await writer.write(lines, written, lines.length - written, segment.size + written);
      written += bytesWritten;
    }
    segment.size += lines.length;
    this.#bytes += lines.length;
    this.#records += records;
    if (segment.size >= this.#segmentBytes) await this.#finish(segment);
  }

  /** The oldest lines that are not acknowledged, at most `bytesMax` of them but at least one; undefined when none. */
  async next(bytesMax: number = SEND_BYTES_MAX): Promise<SpoolBatch | undefined> {
    const segment = this.#segments.find(({ size, acknowledged }) => acknowledged < size);
    if (segment === undefined) return undefined;
    const handle = await this.#readerOf(segment);
    const left = segment.size - segment.acknowledged;
    for (let ask = Math.min(bytesMax, left); ; ask = Math.min(ask * 2, left)) {
      const bytes = Buffer.allocUnsafe(ask);
      readFully(handle, bytes, segment.acknowledged);
      const end = bytes.lastIndexOf(0x0a) + 1;
      if (end > 0) {
        const lines = bytes.subarray(0, end);
        const { session, nextSeq: firstSeq } = segment;
        return { session, firstSeq, lines, size: end, records: countLines(lines) };
      }
      if (ask === left) throw new Error(`spool file ${segment.path} has lost its line ends`);
    }
  }

  /** The collector has what `next` gave. Files that are delivered whole are removed. */
  async acknowledge(batch: SpoolBatch): Promise<void> {
    const segment = this.#segments.find(({ size, acknowledged }) => acknowledged < size);
    if (segment === undefined) return;
    segment.acknowledged += batch.size;
    segment.nextSeq += batch.records;
    this.#records -= batch.records;
    if (segment.finished && segment.acknowledged >= segment.size) await this.#remove(segment);
  }

  /** Closes the files; what is delivered is removed, what is not stays for the next run. */
  async close(): Promise<void> {
    for (const segment of this.#segments.slice()) {
      if (segment.acknowledged >= segment.size) await this.#remove(segment);
      else await closeWriter(segment);
    }
    await this.#closeReader();
  }

  /** Goes past lines that are delivered already: after a restart the batch sent last begins where it began. */
  async #skip({ session, seq }: { readonly session: string; readonly seq: number }): Promise<void> {
    for (;;) {
      const [segment] = this.#segments;
      if (segment === undefined || segment.session !== session || segment.nextSeq >= seq) return;
      const batch = await this.next(segment.size);
      if (batch === undefined) return;
      const records = Math.min(batch.records, seq - segment.nextSeq);
      const size = records === batch.records ? batch.size : endOfLine(batch.lines, records);
      await this.acknowledge({ ...batch, records, size });
    }
  }

  async #readerOf(segment: Segment): Promise<FileHandle> {
    if (this.#reader?.segment === segment) return this.#reader.handle;
    await this.#closeReader();
    const handle = await open(segment.path, 'r');
    this.#reader = { segment, handle };
    return handle;
  }

  async #closeReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.handle.close();
  }

  async #writable(session: string, firstSeq: number): Promise<Segment> {
    const current = this.#segments.at(-1);
    if (current !== undefined && !current.finished) return current;
    const path = join(this.#options.dir, segmentFile({ session, firstSeq }));
    const writer = await open(path, SYNCED_WRITES, 0o600);
    try {
      await syncDirectory(this.#options.dir);
    } catch (cause) {
      // A sync that failed once may say that all is well the next time: the next try must make the name anew.
      await writer.close();
      await unlink(path);
      throw cause;
    }
    const segment: Segment = { path, session, nextSeq: firstSeq, size: 0, acknowledged: 0, finished: false, writer };
    this.#segments.push(segment);
    return segment;
  }

  async #finish(segment: Segment): Promise<void> {
    segment.finished = true;
    await closeWriter(segment);
    if (segment.acknowledged >= segment.size) await this.#remove(segment);
  }

  async #remove(segment: Segment): Promise<void> {
    const at = this.#segments.indexOf(segment);
    if (at < 0) return;
    this.#segments.splice(at, 1);
    this.#bytes -= segment.size;
    if (this.#reader?.segment === segment) await this.#closeReader();
    await closeWriter(segment);
    // What can't be removed is sent again by the next run, and told to be held already.
    await unlink(segment.path).catch(() => undefined);
  }
}

async function closeWriter(segment: Segment): Promise<void> {
  const { writer } = segment;
  segment.writer = undefined;
  await writer?.close();
}

/** Where the `count`th line ends. */
function endOfLine(lines: Buffer, count: number): number {
  let end = 0;
  for (let line = 0; line < count; line += 1) end = lines.indexOf(0x0a, end) + 1;
  return end;
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(0x0a); at >= 0; at = lines.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

/** At once: mostly it has just been written and is in the page cache, where going through another thread costs more. */
function readFully(handle: FileHandle, bytes: Buffer, position: number): void {
  let read = 0;
  while (read < bytes.length) {
    const bytesRead = readSync(handle.fd, bytes, read, bytes.length - read, position + read);
    if (bytesRead === 0) throw new Error('a spool file is shorter than what was written to it');
    read += bytesRead;
  }
}

/** A new file's name is durable only once its directory is. */
async function syncDirectory(dir: string): Promise<void> {
  await using handle = await open(dir, 'r');
  await handle.sync();
}
