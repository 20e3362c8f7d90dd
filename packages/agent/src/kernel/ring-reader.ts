import { ok, type Result } from '@portledger/format';
import type { KernelFault } from './kernel-fault.ts';
import type { Libbpf } from './libbpf.ts';
import { EVENTS_PER_RELEASE } from './limits.ts';
import { mapMemory, type MappedMemory } from './mapped-memory.ts';

/** Header bits and size of a record, from the kernel's include/uapi/linux/bpf.h. */
const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
const HEADER_BYTES = 8;

/** Called with the ring's memory and the word where an event begins; the event is gone when it returns. */
export type RingVisitor = (words: Uint32Array, at: number) => void;

/**
 * Reads a BPF ring buffer in place. The kernel's writers never wait and never wake us; we look at how far they got.
 * The kernel offers the data twice in a row, so that an event that wraps around lies in one piece; every mapped page
 * counts as this process's memory, so it is mapped once and such an event is put together.
 */
export class RingReader {
  readonly bytes: number;
  readonly #consumed: BigUint64Array;
  readonly #produced: BigUint64Array;
  readonly #words: Uint32Array;
  readonly #memory: readonly MappedMemory[];
  #position: number;

  private constructor(bytes: number, pageBytes: number, consumer: MappedMemory, producer: MappedMemory) {
    this.bytes = bytes;
    this.#memory = [consumer, producer];
    this.#consumed = new BigUint64Array(consumer.buffer, 0, 1);
    this.#produced = new BigUint64Array(producer.buffer, 0, 1);
    this.#words = new Uint32Array(producer.buffer, pageBytes);
    this.#position = Number(Atomics.load(this.#consumed, 0));
  }

  static open(libbpf: Libbpf, fd: number, bytes: number): Result<RingReader, KernelFault> {
    const pageBytes = libbpf.pageBytes();
    const consumer = mapMemory(libbpf, { fd, bytes: pageBytes, offset: 0, writable: true });
    if (!consumer.ok) return consumer;
    const producer = mapMemory(libbpf, { fd, bytes: pageBytes + bytes, offset: pageBytes, writable: false });
    if (!producer.ok) {
      consumer.value.unmap();
      return producer;
    }
    return ok(new RingReader(bytes, pageBytes, consumer.value, producer.value));
  }

  /** Bytes written and not yet read. */
  waiting(): number {
    return Number(Atomics.load(this.#produced, 0)) - this.#position;
  }

  /** Visits at most `eventsMax` events in order; true if it read all that had been written when it began. */
  drain(visit: RingVisitor, eventsMax: number): boolean {
    const produced = Number(Atomics.load(this.#produced, 0));
    const words = this.#words;
    const mask = this.bytes - 1;
    let position = this.#position;
    let offset = position % this.bytes;
    let events = 0;
    while (position < produced && events < eventsMax) {
      const header = Atomics.load(words, offset >>> 2);
      // Still being written: the rest waits, so that order holds.
      if ((header & BUSY) !== 0) break;
      const length = header & LENGTH;
      const advance = (length + HEADER_BYTES + 7) & ~7;
      if ((header & DISCARDED) === 0) {
        if (offset + advance <= this.bytes) visit(words, (offset + HEADER_BYTES) >>> 2);
        else visit(this.#joined(offset, advance), HEADER_BYTES >>> 2);
      }
      position += advance;
      offset = (offset + advance) & mask;
      events++;
      if (events % EVENTS_PER_RELEASE === 0) this.#release(position);
    }
    this.#release(position);
    return position >= produced;
  }

  #joined(offset: number, bytes: number): Uint32Array {
    const joined = new Uint32Array(bytes >>> 2);
    const first = this.#words.subarray(offset >>> 2);
    joined.set(first);
    joined.set(this.#words.subarray(0, joined.length - first.length), first.length);
    return joined;
  }

  #release(position: number): void {
    this.#position = position;
    Atomics.store(this.#consumed, 0, BigInt(position));
  }

  /** The reader must not be used afterwards. */
  close(): void {
    for (const memory of this.#memory) memory.unmap();
  }
}
