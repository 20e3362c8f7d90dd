import { mkdirSync } from 'node:fs';
import { open, readdir, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { timestampFromMicros } from '@portledger/format';
import { QUARANTINE_FILE_BYTES_MAX, QUARANTINE_FILES_MAX } from '../limits.ts';
import type { QuarantinedLine } from './refusal.ts';

export type QuarantineCounters = { readonly lines: number; readonly bytes: number; readonly filesDropped: number };

type Waiting = { readonly text: string; readonly done: PromiseWithResolvers<void> };

const FILE_NAME = /^refused-(\d{12})\.ndjson$/;

/**
 * Keeps refused lines in `DIR/quarantine/refused-<number>.ndjson`, one JSON object a line: time, sender, line, field,
 * code, reason, raw. Bounded: past the bound the oldest file is dropped and counted. `keep` resolves once it is on disk.
 */
export class Quarantine {
  readonly #dir: string;
  readonly #clock: () => number;
  #file: FileHandle | undefined;
  #fileNumber = 0;
  #fileBytes = 0;
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
    const waiting: Waiting = { text: `${entries.join('\n')}\n`, done: Promise.withResolvers<void>() };
    this.#waiting.push(waiting);
    this.#writing ??= this.#drain();
    await waiting.done.promise;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  /** One write and one fsync for all that waited meanwhile. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(Buffer.from(batch.map((waiting) => waiting.text).join('')));
        for (const waiting of batch) waiting.done.resolve();
      } catch (error) {
        for (const waiting of batch) waiting.done.reject(error);
      }
    }
    this.#writing = undefined;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#file === undefined || this.#fileBytes + bytes.length > QUARANTINE_FILE_BYTES_MAX) await this.#rotate();
    await this.#file?.appendFile(bytes);
    await this.#file?.datasync();
    this.#fileBytes += bytes.length;
    this.#bytes += bytes.length;
  }

  async #rotate(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    const numbers = (await readdir(this.#dir)).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []).toSorted();
    this.#fileNumber = Number(numbers.at(-1) ?? 0) + 1;
    for (const number of numbers.slice(0, Math.max(0, numbers.length - QUARANTINE_FILES_MAX + 1))) {
      await unlink(join(this.#dir, `refused-${number}.ndjson`));
      this.#filesDropped += 1;
    }
    const path = join(this.#dir, `refused-${String(this.#fileNumber).padStart(12, '0')}.ndjson`);
    this.#file = await open(path, 'a', 0o600);
    this.#fileBytes = 0;
    // The new name must survive a crash as its lines do.
    const folder = await open(this.#dir, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
