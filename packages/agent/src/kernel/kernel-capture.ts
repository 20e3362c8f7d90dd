import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fail, ok, type Result } from '@portledger/format';
import type { CaptureEvent } from '../capture/capture-event.ts';
import type { CaptureCounters, CaptureSource } from '../capture/capture-source.ts';
import { KIND, PROCESS, SOCKET } from './event-layout.ts';
import { KERNEL_COVERS, kernelMisses } from './kernel-coverage.ts';
import type { KernelFault } from './kernel-fault.ts';
import { runFilePass } from './file-pass.ts';
import { openKernelObject, type KernelObject } from './kernel-object.ts';
import { KERNEL_PROGRAMS } from './kernel-programs.ts';
import { openLibbpf, type Libbpf } from './libbpf.ts';
import * as limits from './limits.ts';
import { ProcessEvents } from './process-event.ts';
import { ProcessTable } from './process-table.ts';
import { RecentOpenings } from './recent-openings.ts';
import { RingReader } from './ring-reader.ts';
import { SocketEvents } from './socket-events.ts';
import { readTallies, type Tallies } from './tallies.ts';
import { WallClock } from './wall-clock.ts';

export const KERNEL_OBJECT_PATH = fileURLToPath(new URL('../../kernel/capture.bpf.o', import.meta.url));

export type KernelCaptureOptions = {
  /** A power of two and a multiple of the page size, in bytes; see limits.ts. */
  readonly ringBytes?: number;
  readonly objectPath?: string;
  /** Milliseconds; see limits.FILE_PASS_SLOW_MS. */
  readonly filePassSlowMs?: number;
  /** Told when the ring fills faster than it is read, and when that is over. */
  readonly onPressure?: (isPressed: boolean) => void;
};

type Parts = {
  readonly onPressure: (isPressed: boolean) => void;
  readonly filePassSlowMs: number;
  readonly libbpf: Libbpf;
  readonly object: KernelObject;
  readonly ring: RingReader;
  readonly openings: RecentOpenings;
};

/**
 * Loads the kernel programs and begins to capture; what happens from here on waits in the ring for `start`. Faults
 * are what a host can lack; the caller then falls back to polling.
 */
export async function openKernelCapture(
  options: KernelCaptureOptions = {},
): Promise<Result<KernelCapture, KernelFault>> {
  const bound = await openLibbpf();
  if (!bound.ok) return bound;
  const libbpf = bound.value;
  const ringBytes = ringBytesOf(options.ringBytes ?? limits.RING_BYTES);
  const opened = openKernelObject(libbpf, { objectPath: options.objectPath ?? KERNEL_OBJECT_PATH, ringBytes });
  if (!opened.ok) return opened;
  const object = opened.value;
  const ring = RingReader.open(libbpf, object.mapFd('ring'), ringBytes);
  if (!ring.ok) {
    object.close();
    return fail(ring.fault);
  }
  const openings = RecentOpenings.open(libbpf, object);
  if (!openings.ok) {
    ring.value.close();
    object.close();
    return fail(openings.fault);
  }
  const { filePassSlowMs = limits.FILE_PASS_SLOW_MS, onPressure = () => {} } = options;
  const parts = { filePassSlowMs, onPressure, libbpf, object, ring: ring.value, openings: openings.value };
  return ok(new KernelCapture(parts));
}

function ringBytesOf(asked: number): number {
  const bounded = Math.min(Math.max(asked, limits.RING_BYTES_MIN), limits.RING_BYTES_MAX);
  return 2 ** Math.ceil(Math.log2(bounded));
}

/** Connections and listeners of all network namespaces, seen by programs in the kernel. */
export class KernelCapture implements CaptureSource {
  readonly mode = 'ebpf';
  readonly covers = KERNEL_COVERS;
  readonly misses: readonly string[];
  readonly #parts: Parts;
  readonly #processes = new ProcessTable();
  readonly #processEvents = new ProcessEvents();
  readonly #clock: WallClock;
  #sockets: SocketEvents | undefined;
  #hasRoom: () => boolean = () => true;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #seen = 0;
  #waitingMost = 0;
  #isPressed = false;
  #filePasses = 0;
  #nextFilePassMs = 0;
  #wantsFilePass = false;
  #final: Tallies | undefined;
  #stopping: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#clock = new WallClock(parts.libbpf);
    const absent = KERNEL_PROGRAMS.filter(({ name }) => !parts.object.usable.includes(name));
    this.misses = kernelMisses(absent.map(({ without }) => without));
  }

  start(sink: (event: CaptureEvent) => void, hasRoom?: () => boolean): Promise<void> {
    if (hasRoom !== undefined) this.#hasRoom = hasRoom;
    this.#sockets = new SocketEvents(this.#processes, this.#clock, sink);
    this.#lookThroughFiles();
    while (!this.#read()) continue;
    this.#schedule();
    return Promise.resolve();
  }

  counters(): CaptureCounters {
    const tallies = this.#final ?? readTallies(this.#parts.libbpf, this.#parts.object);
    return {
      events: this.#sockets?.handed ?? 0,
      lost: { 'ring-full': tallies.ringFull, 'connections-full': tallies.noRoom, 'program-skipped': tallies.skipped },
      extra: {
        ring_events_emitted: tallies.emitted,
        nested_changes_seen: tallies.nested,
        ring_events_seen: this.#seen,
        ring_bytes: this.#parts.ring.bytes,
        ring_bytes_waiting_most: this.#waitingMost,
        processes_described: tallies.processes,
        processes_not_described: tallies.processesRingFull,
        processes_known: this.#processes.size,
        processes_forgotten: this.#processes.forgotten,
        owners_undescribed: this.#sockets?.undescribed ?? 0,
        file_passes: this.#filePasses,
      },
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    const { libbpf, object, ring, openings } = this.#parts;
    object.detach();
    const deadlineMs = performance.now() + limits.STOP_READ_MS;
    while (this.#sockets !== undefined) {
      if (!this.#hasRoom() && performance.now() < deadlineMs) await delay(limits.POLL_BUSY_MS);
      else if (this.#read()) break;
    }
    this.#final = readTallies(libbpf, object);
    object.close();
    ring.close();
    openings.close();
  }

  #schedule(): void {
    const busy = this.#parts.ring.waiting() > this.#parts.ring.bytes * limits.RING_BUSY_PART;
    this.#timer = setTimeout(() => this.#turn(), busy ? limits.POLL_BUSY_MS : limits.POLL_IDLE_MS);
  }

  /** Between two turns of a flood only what is ready gets its turn; without room the events wait where they are. */
  #turn(): void {
    this.#lookAtPressure();
    if (!this.#hasRoom()) {
      this.#timer = setTimeout(() => this.#turn(), limits.POLL_BUSY_MS);
    } else if (this.#read()) {
      this.#tellOpenings();
      this.#schedule();
    } else {
      this.#immediate = setImmediate(() => this.#turn());
    }
  }

  #lookAtPressure(): void {
    const { ring, onPressure } = this.#parts;
    const part = ring.waiting() / ring.bytes;
    const isPressed = part > (this.#isPressed ? limits.RING_RELIEVED_PART : limits.RING_PRESSED_PART);
    if (isPressed === this.#isPressed) return;
    this.#isPressed = isPressed;
    onPressure(isPressed);
  }

  #read(): boolean {
    const { ring } = this.#parts;
    this.#waitingMost = Math.max(this.#waitingMost, ring.waiting());
    return ring.drain((words, at) => this.#visit(words, at), limits.EVENTS_PER_TURN_MAX);
  }

  #visit(words: Uint32Array, at: number): void {
    const kind = (words[at] ?? 0) & 255;
    if (kind === KIND.process) {
      this.#processes.put(words[at + PROCESS.process] ?? 0, this.#processEvents.owner(words, at));
      return;
    }
    this.#seen++;
    if (kind === KIND.listening && ((words[at + SOCKET.ports] ?? 0) & 0xffff) === 0) this.#wantsFilePass = true;
    else this.#sockets?.expand(words, at);
  }

  #tellOpenings(): void {
    const { openings } = this.#parts;
    const now = this.#clock.nowNs();
    openings.tell((words, at, untaken) => this.#sockets?.opened(words, at, untaken), now);
    const wanted = this.#wantsFilePass || openings.untaken > 0;
    if (!wanted || performance.now() < this.#nextFilePassMs) return;
    this.#wantsFilePass = false;
    this.#lookThroughFiles();
    this.#read();
    openings.tell((words, at, untaken) => this.#sockets?.opened(words, at, untaken), now);
  }

  #lookThroughFiles(): void {
    const started = performance.now();
    if (!runFilePass(this.#parts.object)) return;
    this.#filePasses++;
    const now = performance.now();
    if (now - started > this.#parts.filePassSlowMs) this.#parts.object.attachOnDemand();
    this.#nextFilePassMs = now + (now - started) * limits.FILE_PASS_REST_FACTOR;
  }
}
