import { randomBytes } from 'node:crypto';
import { DOOR_STREAMS_MAX } from '../limits.ts';

type Numbered = { readonly session: string; nextSeq: number };
type Stream = {
  readonly observer: string;
  /** One numbered session for each retention class. */
  readonly classes: Map<string, Numbered>;
  last: Promise<void>;
};

/**
 * The right to number records of one sender's streams, held from the first number until their append is in the ledger's
 * queue, or has ended.
 */
export type StreamLease = {
  readonly observer: string;
  /** The place that the next record of a class gets. */
  next(className: string): { readonly session: string; readonly seq: number };
  /** Uses that place up. */
  use(className: string): void;
  /** Keeps the numbers used since the last time as given: they are durable, or in the queue as a batch that must follow. */
  commit(): void;
  /** What was committed could not be stored after all: its streams end here, and the next numbers are of new ones. */
  abandon(): void;
  /** Gives the numbers used since the last commit back: nothing was stored under them. */
  undo(): void;
  release(): void;
};

/**
 * The streams that the collector numbers itself, one for each sender of unnumbered records, retention class and run of
 * the collector. Numbers are given under a lease, in the order in which the ledger is to take them. Where an append
 * fails the stream ends, and the ledger refuses what was numbered after it (`mustFollow`): so no failure leaves a hole.
 */
export class DoorStreams {
  readonly #streams = new Map<string, Stream>();
  readonly #bySession = new Map<string, Numbered>();
  readonly #run = randomBytes(9).toString('base64url');
  #opened = 0;

  /** Waits for the sender's turn to number records. */
  async lease(sender: { readonly name: string; readonly observer: string }): Promise<StreamLease> {
    const stream = this.#stream(sender.name, sender.observer);
    const before = stream.last;
    const held = Promise.withResolvers<void>();
    stream.last = held.promise;
    await before;
    const used = new Map<string, number>();
    const given = new Map<string, string>();
    return {
      observer: stream.observer,
      next: (className) => {
        const { session, nextSeq } = this.#numbered(stream, className);
        return { session, seq: nextSeq + (used.get(className) ?? 0) };
      },
      use: (className) => {
        used.set(className, (used.get(className) ?? 0) + 1);
      },
      commit: () => {
        for (const [className, count] of used) {
          const numbered = this.#numbered(stream, className);
          numbered.nextSeq += count;
          given.set(className, numbered.session);
        }
        used.clear();
      },
      abandon: () => {
        for (const [className, session] of given) {
          if (stream.classes.get(className)?.session === session) stream.classes.delete(className);
          this.#bySession.delete(session);
        }
      },
      undo: () => {
        used.clear();
      },
      release: () => {
        held.resolve();
      },
    };
  }

  /**
   * The first number of this stream that is not given yet, or undefined when the stream is not ours. A sender may
   * redeliver what we numbered, but never number ahead of us: our own next record would pass for a duplicate.
   */
  nextSeq(session: string): number | undefined {
    return this.#bySession.get(session)?.nextSeq;
  }

  #numbered(stream: Stream, className: string): Numbered {
    const standing = stream.classes.get(className);
    if (standing !== undefined) return standing;
    const numbered = { session: `door-${this.#run}-${this.#opened}`, nextSeq: 0 };
    this.#opened += 1;
    stream.classes.set(className, numbered);
    this.#bySession.set(numbered.session, numbered);
    return numbered;
  }

  #stream(name: string, observer: string): Stream {
    const key = `${name}\n${observer}`;
    const standing = this.#streams.get(key);
    if (standing !== undefined) return standing;
    this.#forgetOldest();
    const stream: Stream = { observer, classes: new Map(), last: Promise.resolve() };
    this.#streams.set(key, stream);
    return stream;
  }

  /** A sender whose streams are forgotten gets new sessions with its next records. */
  #forgetOldest(): void {
    if (this.#streams.size < DOOR_STREAMS_MAX) return;
    for (const [key, oldest] of this.#streams) {
      this.#streams.delete(key);
      for (const { session } of oldest.classes.values()) this.#bySession.delete(session);
      return;
    }
  }
}
