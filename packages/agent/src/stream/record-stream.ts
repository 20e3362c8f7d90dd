import { DISK_RETRY_MS, FLUSH_BYTES_MAX, FLUSH_INTERVAL_MS, FLUSH_LINES_MAX, PENDING_BYTES_BUSY } from '../limits.ts';
import { PendingLines } from './pending-lines.ts';
import type { Spool } from './spool.ts';

export type DropCause = 'spool-overflow' | 'disk-behind';

/** Records that were never numbered, since the last time they were told. */
export type Gap = {
  readonly cause: DropCause;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
};

export type StreamOptions = {
  readonly session: string;
  readonly spool: Spool;
  /** Called when lines are on the disk and one of them wants to be sent now. */
  readonly onDurable: () => void;
  /** Told when the disk refuses to write; the lines are kept and tried again. */
  readonly onFault: (message: string) => void;
  readonly now: () => number;
};

export type WriteOptions = {
  /** False for lines that may wait until others are sent: the agent's own traffic must not cause more of it. */
  readonly wake?: boolean;
  /** True for the few records about the stream itself that must get in when the spool is full. */
  readonly essential?: boolean;
};

/**
 * Numbers the lines of one session without holes and puts them on the disk in groups. What does not fit is dropped
 * before it gets a number, counted by cause, and told later as a gap.
 */
export class RecordStream {
  readonly #options: StreamOptions;
  readonly #dropped: Record<DropCause, number> = { 'spool-overflow': 0, 'disk-behind': 0 };
  #gaps = new Map<DropCause, Gap>();
  #seq = 0;
  #durable = 0;
  readonly #pending = new PendingLines();
  #wake = false;
  #inFlightBytes = 0;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Records numbered so far, which is the next record's number. */
  get records(): number {
    return this.#seq;
  }

  /** Records of this session that are on the disk. */
  get durable(): number {
    return this.#durable;
  }

  get dropped(): Readonly<Record<DropCause, number>> {
    return this.#dropped;
  }

  get hasRoom(): boolean {
    return this.#options.spool.hasRoom(this.#pending.size + this.#inFlightBytes);
  }

  /** So much waits for the disk that whoever can should hold records back; a while later they would be dropped. */
  get isBehind(): boolean {
    return this.#pending.size >= PENDING_BYTES_BUSY;
  }

  /** Takes a record, `line` writing it with its number. False when it was dropped. */
  write(line: (seq: number) => string | Uint8Array, options: WriteOptions = {}): boolean {
    const cause = options.essential === true ? undefined : this.#dropCause();
    if (cause !== undefined) {
      this.#drop(cause);
      return false;
    }
    this.#pending.add(line(this.#seq), this.#seq);
    this.#seq += 1;
    if (options.wake !== false) this.#wake = true;
    this.#schedule();
    return true;
  }

  #dropCause(): DropCause | undefined {
    if (!this.hasRoom) return 'spool-overflow';
    return this.#pending.full ? 'disk-behind' : undefined;
  }

  #drop(cause: DropCause): void {
    this.#dropped[cause] += 1;
    const nowMs = this.#options.now();
    const gap = this.#gaps.get(cause);
    this.#gaps.set(cause, { cause, count: (gap?.count ?? 0) + 1, firstMs: gap?.firstMs ?? nowMs, lastMs: nowMs });
  }

  /** Hands over the gaps not told yet; the caller writes them into the stream. */
  takeGaps(): readonly Gap[] {
    if (this.#gaps.size === 0) return [];
    const gaps = [...this.#gaps.values()];
    this.#gaps = new Map();
    return gaps;
  }

  #schedule(afterFault = false): void {
    if (this.#writing !== undefined) return;
    const isMuch = this.#pending.count >= FLUSH_LINES_MAX || this.#pending.size >= FLUSH_BYTES_MAX;
    if (isMuch && !afterFault) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#writing = this.#writeOut();
    } else {
      this.#timer ??= setTimeout(
        () => {
          this.#timer = undefined;
          this.#writing ??= this.#writeOut();
        },
        afterFault ? DISK_RETRY_MS : FLUSH_INTERVAL_MS,
      );
    }
  }

  /** Writes everything pending; resolves when it is on the disk or the disk has refused it. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    if (this.#pending.count === 0) return;
    this.#writing ??= this.#writeOut();
    await this.#writing;
  }

  async #writeOut(): Promise<void> {
    const taken = this.#pending.take();
    const { bytes, count, firstSeq } = taken;
    const wake = this.#wake;
    this.#wake = false;
    this.#inFlightBytes = bytes.length;
    let fault = false;
    try {
      await this.#options.spool.append(bytes, { session: this.#options.session, firstSeq, records: count });
      this.#durable = firstSeq + count;
      this.#pending.release(taken);
      if (wake) this.#options.onDurable();
    } catch (cause) {
      // Numbered records may not be lost: they are tried again, in front of what came meanwhile.
      fault = true;
      this.#pending.putBack(taken);
      this.#wake ||= wake;
      this.#options.onFault(`the spool cannot be written, ${count} records wait in memory: ${String(cause)}`);
    } finally {
      this.#inFlightBytes = 0;
      this.#writing = undefined;
    }
    if (this.#pending.count > 0) this.#schedule(fault);
  }
}
