import type { LedgerFiles, StoredFile } from './verification/ledger-files.ts';
import { CHECKPOINT_PATH } from './verification/ledger-paths.ts';

/** Milliseconds until an answer must have begun. */
const ANSWER_TIMEOUT_MS = 60_000;
/** Segments that are read side by side: one a retention class. Past it the one read longest ago is asked for anew. */
const STREAMS_MAX = 16;

/** A server that does not give what verification needs. The message is for a person. */
export class ServedLedgerError extends Error {
  /** Whether it was reached, and refuses. */
  readonly isRefused: boolean;

  constructor(message: string, isRefused = false) {
    super(message);
    this.isRefused = isRefused;
  }
}

/** A file being read from front to back. */
class ForwardRead {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #buffered: Uint8Array = new Uint8Array(0);
  at: number;

  constructor(body: ReadableStream<Uint8Array>, at: number) {
    this.#reader = body.getReader();
    this.at = at;
  }

  /** The next bytes; undefined where the file ends before. */
  async take(length: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      if (this.#buffered.length === 0) {
        const { value, done: isEnd } = await this.#reader.read();
        if (isEnd) return undefined;
        this.#buffered = value;
      }
      const part = this.#buffered.subarray(0, length - done);
      bytes.set(part, done);
      done += part.length;
      this.#buffered = this.#buffered.subarray(part.length);
    }
    this.at += length;
    return bytes;
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; left -= 65_536) await this.take(Math.min(left, 65_536));
  }

  close(): void {
    void this.#reader.cancel().catch(() => undefined); // the connection may be gone already
  }
}

/**
 * A ledger as it is served (C2SP tlog-tiles, and the segments beside them), by a collector under `/ledger` or by any web
 * server. Segments are read forward as they come, so memory holds a block and not a file.
 */
export class ServedLedgerFiles implements LedgerFiles {
  readonly isServed = true;
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #reads = new Map<string, ForwardRead>();

  private constructor(base: string, headers: Record<string, string>) {
    this.#base = base;
    this.#headers = headers;
  }

  /** `url` is the collector's address, or that of a folder with an exported ledger. Throws ServedLedgerError. */
  static async open(url: string, token: string | undefined): Promise<ServedLedgerFiles> {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const base = url.replace(/\/+$/, '');
    for (const candidate of base.endsWith('/ledger') ? [base] : [`${base}/ledger`, base]) {
      const files = new ServedLedgerFiles(candidate, headers);
      const checkpoint = await files.read(CHECKPOINT_PATH);
      if (checkpoint !== undefined && checkpoint[0] !== '<'.charCodeAt(0)) return files; // no console's page
    }
    throw new ServedLedgerError(`no ledger is served at ${url}`);
  }

  async list(): Promise<readonly StoredFile[]> {
    return [];
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const answer = await this.#get(path, 0);
    return answer === undefined ? undefined : new Uint8Array(await answer.arrayBuffer());
  }

  async readAt(path: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    let read = this.#reads.get(path);
    if (read?.at !== offset) {
      read?.close();
      this.#reads.delete(path);
      const answer = await this.#get(path, offset);
      if (answer === undefined) return undefined;
      if (answer.body === null) return length > 0 ? undefined : new Uint8Array(0);
      const isRest = answer.status === 206;
      read = new ForwardRead(answer.body, offset);
      if (!isRest) await read.skip(offset);
      read.at = offset;
    }
    this.#reads.delete(path);
    this.#reads.set(path, read); // read last: now the newest
    const [oldest] = this.#reads;
    if (this.#reads.size > STREAMS_MAX && oldest !== undefined) {
      oldest[1].close();
      this.#reads.delete(oldest[0]);
    }
    return read.take(length);
  }

  close(): void {
    for (const read of this.#reads.values()) read.close();
    this.#reads.clear();
  }

  async #get(path: string, offset: number): Promise<Response | undefined> {
    const headers = offset === 0 ? this.#headers : { ...this.#headers, range: `bytes=${offset}-` };
    const abort = new AbortController();
    const timer = setTimeout(() => {
      abort.abort();
    }, ANSWER_TIMEOUT_MS);
    try {
      const answer = await fetch(`${this.#base}/${path}`, { headers, redirect: 'error', signal: abort.signal });
      if (answer.ok) return answer;
      await answer.body?.cancel();
      if (answer.status === 404 || answer.status === 416) return undefined;
      const isRefused = answer.status === 401 || answer.status === 403;
      const remedy = isRefused ? ': give a token of the role read' : '';
      throw new ServedLedgerError(
        `${this.#base}/${path} was answered with status ${answer.status}${remedy}`,
        isRefused,
      );
    } catch (error) {
      if (error instanceof ServedLedgerError) throw error;
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new ServedLedgerError(`can't read ${this.#base}/${path}: ${cause}`);
    } finally {
      clearTimeout(timer);
    }
  }
}
