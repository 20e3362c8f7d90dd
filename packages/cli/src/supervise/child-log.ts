import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import type { WriteStream } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { LAST_WORDS_LINES_MAX, LOG_FILE_BYTES_MAX } from '../limits.ts';

/** What a child writes goes to a file of bounded size, with one older file beside it; its last lines are kept at hand. */
export class ChildLog {
  readonly file: string;
  #stream: WriteStream;
  #bytes: number;
  #lastWords: string[] = [];

  constructor(file: string) {
    this.file = file;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    this.#bytes = sizeOf(file);
    this.#stream = this.#open();
  }

  /** Takes everything that a child's output says from now on. */
  take(output: Readable): void {
    output.setEncoding('utf8');
    output.on('data', (text: string) => this.#write(text));
  }

  lastWords(): readonly string[] {
    return this.#lastWords.filter((line) => line.trim() !== '');
  }

  forgetLastWords(): void {
    this.#lastWords = [];
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(() => resolve()));
  }

  #write(text: string): void {
    this.#lastWords = [...this.#lastWords, ...text.split('\n')].slice(-LAST_WORDS_LINES_MAX);
    this.#bytes += Buffer.byteLength(text);
    this.#stream.write(text);
    if (this.#bytes < LOG_FILE_BYTES_MAX) return;
    this.#stream.end();
    renameSync(this.file, `${this.file}.1`);
    this.#bytes = 0;
    this.#stream = this.#open();
  }

  /** A full disk must not stop the collector: its log is given up, the ledger says by itself what it can't store. */
  #open(): WriteStream {
    return createWriteStream(this.file, { flags: 'a', mode: 0o600 }).on('error', () => undefined);
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
