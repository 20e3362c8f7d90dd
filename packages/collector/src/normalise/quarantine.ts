import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { timestampFromMicros } from '@portledger/format';
import { QUARANTINE_BYTES_MAX, QUARANTINE_FILE_BYTES_MAX } from '../limits.ts';
import type { QuarantinedLine } from './refusal.ts';

export type QuarantineCounters = { readonly lines: number; readonly bytes: number; readonly filesDropped: number };

type Waiting = { readonly key: string; readonly text: string; readonly done: PromiseWithResolvers<void> };

/** One file of the quarantine; `number` grows with every file, whoever's it is. */
type KeptFile = { readonly name: string; readonly key: string; readonly number: number; bytes: number };

const NEWLINE = 0x0a;

const FILE_NAME = /^refused-(\d{12})-([0-9a-f]{8})\.ndjson$/;

/** What stands for a sender in a file's name: its own name may hold anything. */
function keyOf(sender: string): string {
  return createHash('sha256').update(sender).digest('hex').slice(0, 8);
}

/** Bytes up to the end of the last whole line: a crash may have cut the one after it. */
function wholeLineBytes(path: string): number {
  return readFileSync(path).lastIndexOf(NEWLINE) + 1;
}

/**
 * Keeps refused lines in `DIR/quarantine/refused-<number>-<sender's key>.ndjson`, one JSON object a line: time, sender,
 * line, field, code, reason, raw. Bounded: past the bound the oldest file of whoever holds the most is dropped and counted,
 * so that a sender of rubbish pushes out its own lines and nobody else's. `keep` resolves once it is on disk.
 */
export class Quarantine {
  readonly #dir: string;
  readonly #clock: () => number;
  /** All files, oldest first. */
  #files: KeptFile[];
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #lines = 0;
  #bytes = 0;
  #filesDropped = 0;

  /** `clock` gives epoch microseconds. */
  constructor(dir: string, clock: () => number) {
    this.#dir = dir;
    this.#clock = clock;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const files = readdirSync(dir).flatMap((name): KeptFile[] => {
      const [, number, key] = FILE_NAME.exec(name) ?? [];
      if (number === undefined || key === undefined) return [];
      return [{ name, key, number: Number(number), bytes: wholeLineBytes(join(dir, name)) }];
    });
    this.#files = files.toSorted((a, b) => a.number - b.number);
  }

  counters(): QuarantineCounters {
    return { lines: this.#lines, bytes: this.#bytes, filesDropped: this.#filesDropped };
  }

  /** Keeps a body's refused lines; `total` may be more than those kept, which is told in one entry of its own. */
  async keep(sender: string, lines: readonly QuarantinedLine[], total: number): Promise<void> {
    const time = timestampFromMicros(this.#clock());
    const entries = lines.map(({ refusal, raw, rawBytes }) => {
      const cut = rawBytes > Buffer.byteLength(raw) ? { raw_bytes: rawBytes } : {};
      return JSON.stringify({ time, sender, ...refusal, raw, ...cut });
    });
    if (total > lines.length)
      entries.push(
        JSON.stringify({ time, sender, reason: 'further refused lines, not kept', count: total - lines.length }),
      );
    this.#lines += lines.length;
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ key: keyOf(sender), text: `${entries.join('\n')}\n`, done });
    this.#writing ??= this.#drain();
    await done.promise;
  }

  async close(): Promise<void> {
    await this.#writing;
  }

  /** One write and one fsync a sender for all that waited meanwhile. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const bySender = Map.groupBy(this.#waiting, ({ key }) => key);
      this.#waiting = [];
      for (const [key, batch] of bySender) {
        try {
          await this.#write(key, Buffer.from(batch.map((waiting) => waiting.text).join('')));
          for (const waiting of batch) waiting.done.resolve();
        } catch (error) {
          for (const waiting of batch) waiting.done.reject(error);
        }
      }
    }
    this.#writing = undefined;
  }

  async #write(key: string, bytes: Buffer): Promise<void> {
    const latest = this.#files.findLast((file) => file.key === key);
    const isRoom = latest !== undefined && latest.bytes + bytes.length <= QUARANTINE_FILE_BYTES_MAX;
    const file = isRoom ? latest : this.#nextFile(key);
    await this.#makeRoom(file, bytes.length);
    const handle = await open(join(this.#dir, file.name), 'a', 0o600);
    try {
      // What a full disk or a crash cut off goes, so that the lines stay whole.
      await handle.truncate(file.bytes);
      try {
        await handle.appendFile(bytes);
        await handle.datasync();
      } catch (error) {
        await handle.truncate(file.bytes).catch(() => undefined);
        throw error;
      }
    } finally {
      await handle.close();
    }
    if (!isRoom) await this.#syncFolder();
    file.bytes += bytes.length;
    this.#bytes += bytes.length;
  }

  #nextFile(key: string): KeptFile {
    const number = (this.#files.at(-1)?.number ?? 0) + 1;
    const name = `refused-${String(number).padStart(12, '0')}-${key}.ndjson`;
    const file: KeptFile = { name, key, number, bytes: 0 };
    this.#files.push(file);
    return file;
  }

  /** Drops files of whoever holds the most until `bytes` more fit, never the one that is about to be written. */
  async #makeRoom(writing: KeptFile, bytes: number): Promise<void> {
    for (;;) {
      const total = this.#files.reduce((sum, file) => sum + file.bytes, bytes);
      const dropped = total > QUARANTINE_BYTES_MAX ? this.#oldestOfGreatest(writing) : undefined;
      if (dropped === undefined) return;
      await rm(join(this.#dir, dropped.name), { force: true });
      this.#files = this.#files.filter((file) => file !== dropped);
      this.#filesDropped += 1;
    }
  }

  #oldestOfGreatest(writing: KeptFile): KeptFile | undefined {
    const held = new Map<string, number>();
    const droppable = this.#files.filter((file) => file !== writing);
    for (const { key, bytes } of this.#files) held.set(key, (held.get(key) ?? 0) + bytes);
    const most = Math.max(...droppable.map(({ key }) => held.get(key) ?? 0));
    return droppable.find(({ key }) => held.get(key) === most);
  }

  /** The new name must survive a crash as its lines do. */
  async #syncFolder(): Promise<void> {
    const folder = await open(this.#dir, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
