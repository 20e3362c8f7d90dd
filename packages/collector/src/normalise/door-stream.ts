import { randomBytes } from 'node:crypto';
import { DOOR_STREAMS_MAX } from '../limits.ts';

type Stream = { readonly observer: string; readonly session: string; nextSeq: number; last: Promise<void> };

/** The right to number records of one sender's stream, held from the first number until its append has ended. */
export type StreamLease = {
  readonly observer: string;
  readonly session: string;
  readonly firstSeq: number;
  /** Keeps the first `count` numbers as given; called only once they are durable. */
  commit(count: number): void;
  release(): void;
};

/**
 * The streams that the collector numbers itself, one for each sender of unnumbered records and run of the collector.
 * Numbers are given under a lease and kept only when the append succeeded, so a failed append leaves no hole.
 */
export class DoorStreams {
  readonly #streams = new Map<string, Stream>();
  readonly #bySession = new Map<string, Stream>();
  readonly #run = randomBytes(9).toString('base64url');
  #opened = 0;

  /** Waits for the sender's turn to number records. */
  async lease(sender: { readonly name: string; readonly observer: string }): Promise<StreamLease> {
    const stream = this.#stream(sender.name, sender.observer);
    const before = stream.last;
    const held = Promise.withResolvers<void>();
    stream.last = held.promise;
    await before;
    return {
      observer: stream.observer,
      session: stream.session,
      firstSeq: stream.nextSeq,
      commit: (count) => {
        stream.nextSeq += count;
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

  #stream(name: string, observer: string): Stream {
    const key = `${name}\n${observer}`;
    const standing = this.#streams.get(key);
    if (standing !== undefined) return standing;
    this.#forgetOldest();
    const session = `door-${this.#run}-${this.#opened}`;
    this.#opened += 1;
    const stream: Stream = { observer, session, nextSeq: 0, last: Promise.resolve() };
    this.#streams.set(key, stream);
    this.#bySession.set(session, stream);
    return stream;
  }

  /** A sender whose stream is forgotten gets a new session with its next record. */
  #forgetOldest(): void {
    if (this.#streams.size < DOOR_STREAMS_MAX) return;
    for (const [key, oldest] of this.#streams) {
      this.#streams.delete(key);
      this.#bySession.delete(oldest.session);
      return;
    }
  }
}
