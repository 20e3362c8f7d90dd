import { ok, type Result } from '@portledger/format';
import { CURSOR_BYTES, FLAG, SLOT_BYTES, SLOT_STATE, SLOT_STATE_BITS, SOCKET, wide } from './event-layout.ts';
import type { KernelFault } from './kernel-fault.ts';
import type { KernelObject } from './kernel-object.ts';
import type { Libbpf } from './libbpf.ts';
import { OPEN_TOLD_AFTER_MS, SLOTS_PER_CPU, UNTAKEN_MAX, UNTAKEN_TOLD_AFTER_MS } from './limits.ts';
import { mapMemory, type MappedMemory } from './mapped-memory.ts';

/** Called with the slots' memory, the word where the event begins, and whether a process is still awaited. */
export type OpeningVisitor = (words: Uint32Array, at: number, untaken: boolean) => void;

type Untaken = { readonly slot: number; readonly word: bigint };

const NS_PER_MS = 1_000_000;
const STATE_MASK = (1n << SLOT_STATE_BITS) - 1n;
const SLOT_WORDS = SLOT_BYTES / 4;
const CURSOR_LONGS = CURSOR_BYTES / 8;

/**
 * Finds the connections that have stood for a while, in the slots where the kernel notes openings (see capture.h).
 * Marking a slot as told is a compare-and-swap against the kernel, which takes the slot back when the connection
 * ends: exactly one of us tells the opening.
 */
export class RecentOpenings {
  readonly #cursors: BigUint64Array;
  readonly #longs: BigUint64Array;
  readonly #words: Uint32Array;
  readonly #memory: readonly MappedMemory[];
  readonly #seen: number[];
  #untaken: Untaken[] = [];

  private constructor(cpus: number, cursors: MappedMemory, slots: MappedMemory) {
    this.#memory = [cursors, slots];
    this.#cursors = new BigUint64Array(cursors.buffer, 0, cpus * CURSOR_LONGS);
    this.#longs = new BigUint64Array(slots.buffer, 0, (cpus * SLOTS_PER_CPU * SLOT_BYTES) / 8);
    this.#words = new Uint32Array(slots.buffer);
    this.#seen = Array.from({ length: cpus }, () => 0);
  }

  static open(libbpf: Libbpf, object: KernelObject): Result<RecentOpenings, KernelFault> {
    const pageBytes = libbpf.pageBytes();
    const map = (fd: number, bytes: number) =>
      mapMemory(libbpf, { fd, bytes: Math.ceil(bytes / pageBytes) * pageBytes, offset: 0, writable: true });
    const cursors = map(object.mapFd('cursors'), object.cpus * CURSOR_BYTES);
    if (!cursors.ok) return cursors;
    const slots = map(object.mapFd('slots'), object.cpus * SLOTS_PER_CPU * SLOT_BYTES);
    if (!slots.ok) {
      cursors.value.unmap();
      return slots;
    }
    return ok(new RecentOpenings(object.cpus, cursors.value, slots.value));
  }

  /** Received connections that no process has been seen with, old enough to look for one. */
  get untaken(): number {
    return this.#untaken.length;
  }

  /** Visits every opening that is old enough and not told. */
  tell(visit: OpeningVisitor, nowNs: number): void {
    const waiting = this.#untaken;
    this.#untaken = [];
    for (const { slot, word } of waiting) {
      if (Atomics.load(this.#longs, (slot * SLOT_BYTES) / 8) === word) this.#tellSlot(slot, word, visit, nowNs);
    }
    for (let cpu = 0; cpu < this.#seen.length; cpu++) this.#tellCpu(cpu, visit, nowNs);
  }

  #tellCpu(cpu: number, visit: OpeningVisitor, nowNs: number): void {
    const taken = Number(Atomics.load(this.#cursors, cpu * CURSOR_LONGS));
    // A slot taken anew had been told or was over; one that was passed over for being open is still in its place.
    let at = Math.max(this.#seen[cpu] ?? 0, taken - SLOTS_PER_CPU);
    for (; at < taken; at++) {
      const slot = cpu * SLOTS_PER_CPU + (at % SLOTS_PER_CPU);
      const word = Atomics.load(this.#longs, (slot * SLOT_BYTES) / 8);
      const state = word & STATE_MASK;
      if (state === SLOT_STATE.filling) break;
      if (state !== SLOT_STATE.open) continue;
      const start = wide(this.#words, slot * SLOT_WORDS + 2 + SOCKET.start);
      if (nowNs - start < OPEN_TOLD_AFTER_MS * NS_PER_MS) break;
      this.#tellSlot(slot, word, visit, nowNs);
    }
    this.#seen[cpu] = at;
  }

  #tellSlot(slot: number, word: bigint, visit: OpeningVisitor, nowNs: number): void {
    const at = slot * SLOT_WORDS + 2;
    const flags = (Atomics.load(this.#words, at + SOCKET.head) >>> 16) & 255;
    const untaken = (flags & (FLAG.active | FLAG.accepted)) === 0;
    const age = nowNs - wide(this.#words, at + SOCKET.start);
    if (untaken && age < UNTAKEN_TOLD_AFTER_MS * NS_PER_MS && this.#untaken.length < UNTAKEN_MAX) {
      this.#untaken.push({ slot, word });
      return;
    }
    const told = (word & ~STATE_MASK) | SLOT_STATE.told;
    // Once told, the slot may be taken anew at any moment: read it first.
    const event = this.#words.slice(at, at + SLOT_WORDS - 2);
    if (Atomics.compareExchange(this.#longs, (slot * SLOT_BYTES) / 8, word, told) === word) visit(event, 0, untaken);
  }

  /** Must not be used afterwards. */
  close(): void {
    for (const memory of this.#memory) memory.unmap();
  }
}
