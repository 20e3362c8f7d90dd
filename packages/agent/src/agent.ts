import { parseLine } from '@portledger/format';
import type { AgentOptions } from './agent-options.ts';
import type { AgentParts } from './agent-parts.ts';
import type { CaptureEvent } from './capture/capture-event.ts';
import type { CaptureCounters, CaptureMode } from './capture/capture-source.ts';
import { coverageLine, type CoverageFacts, type CoverageStream } from './coverage/coverage-records.ts';
import { hostLabels } from './coverage/host-labels.ts';
import { LossWatch } from './coverage/loss-watch.ts';
import { OwnLoad } from './coverage/own-load.ts';
import { HEARTBEAT_INTERVAL_MS, LOSS_CHECK_INTERVAL_MS, START_SETTLED_MS, STOP_DRAIN_MS } from './limits.ts';
import type { CaptureLines } from './shaping/capture-line.ts';
import type { WriteOptions } from './stream/record-stream.ts';
import type { SenderCounters, SenderState } from './stream/sender.ts';

/** What the agent is doing, for status pages and tests. */
export type AgentStatus = {
  readonly mode: CaptureMode;
  readonly session: string;
  /** Records numbered in this session. */
  readonly records: number;
  /** Those of them that are on the disk. */
  readonly durable: number;
  /** Records dropped before they were numbered, by cause. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly capture: CaptureCounters;
  readonly sender: SenderState;
  readonly delivery: SenderCounters;
  readonly spoolBytes: number;
  readonly spoolRecords: number;
  readonly clockOffsetMicros?: number;
};

/** Monotonic milliseconds, for intervals and caches. */
const monotonic = (): number => performance.now();

/** A running agent. */
export class Agent implements AsyncDisposable {
  readonly session: string;
  /** How capture is done here and what it cannot see. */
  readonly mode: CaptureMode;
  readonly covers: string;
  readonly misses: readonly string[];
  /** Why kernel capture was not to be had, where it was wanted. */
  readonly fallbackReason: string | undefined;
  readonly #parts: AgentParts;
  readonly #options: AgentOptions;
  readonly #lines: CaptureLines;
  readonly #coverage: CoverageStream;
  readonly #losses = new LossWatch(monotonic());
  readonly #load = new OwnLoad();
  readonly #timers: NodeJS.Timeout[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: AgentOptions, parts: AgentParts) {
    const { capture, session } = parts;
    const { mode, covers, misses } = capture.source;
    this.#options = options;
    this.#parts = parts;
    this.session = session;
    this.mode = mode;
    this.covers = covers;
    this.misses = misses;
    this.fallbackReason = capture.fallbackReason;
    this.#coverage = { observer: options.observer, session, sourceFormat: mode };
    this.#lines = parts.lines;
  }

  /** Records that capture has started, then everything seen so far, then lives on timers. Called once by startAgent. */
  begin(): void {
    const { capture, spool, stream, sender, libc } = this.#parts;
    this.#tell({
      action: 'capture-started',
      ...(this.fallbackReason === undefined ? {} : { reason: this.fallbackReason }),
      labels: {
        mode: this.mode,
        covers: this.covers,
        misses: this.misses.join('; '),
        ...hostLabels(this.#options.version),
        spool_bytes: spool.undeliveredBytes,
        spool_records: spool.undeliveredRecords,
        spool_torn_bytes: spool.tornBytes,
      },
    });
    capture.deliverTo(
      (event) => this.#captured(event),
      () => !stream.isBehind,
    );
    const everyMs = this.#options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS;
    this.#timers.push(setInterval(() => this.#heartbeat(everyMs), everyMs));
    // Reading the kernel's types took some ten megabytes that are free again, a burst leaves others; they would stay ours.
    this.#timers.push(setTimeout(() => libc?.trim(), START_SETTLED_MS));
    this.#timers.push(setInterval(() => this.#tellLosses(stream.hasRoom), LOSS_CHECK_INTERVAL_MS));
    sender.start();
  }

  status(): AgentStatus {
    const { stream, capture, sender, spool, clock } = this.#parts;
    return {
      mode: this.mode,
      session: this.session,
      records: stream.records,
      durable: stream.durable,
      dropped: stream.dropped,
      capture: capture.source.counters(),
      sender: sender.state,
      delivery: sender.counters,
      spoolBytes: spool.undeliveredBytes,
      spoolRecords: spool.undeliveredRecords,
      ...(clock.micros === undefined ? {} : { clockOffsetMicros: clock.micros }),
    };
  }

  /** Stops capture, records that, delivers what it can within STOP_DRAIN_MS and leaves the rest in the spool. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    const { capture, stream, sender, spool, client, lock } = this.#parts;
    for (const timer of this.#timers) clearInterval(timer);
    await capture.source.stop();
    this.#tellLosses(true);
    this.#tell({ action: 'capture-stopped', labels: { mode: this.mode, ...this.#counters() } });
    await stream.flush();
    await sender.stop(STOP_DRAIN_MS);
    await spool.close();
    client[Symbol.dispose]();
    lock[Symbol.dispose]();
  }

  #captured(event: CaptureEvent): void {
    const { client } = this.#parts;
    // What this agent's own sending causes may wait: sending it at once would cause the next of its kind.
    const own =
      event.destPort === client.collectorPort &&
      (event.owner?.pid === process.pid || client.isOwn(event.sourcePort, event.destPort));
    this.#write((seq) => this.#lines.line(event, seq), own ? { wake: false } : {});
  }

  #write(line: (seq: number) => string | Uint8Array, options: WriteOptions): void {
    const { onRecord } = this.#options;
    if (onRecord === undefined) {
      this.#parts.stream.write(line, options);
      return;
    }
    const shown = (seq: number): string => {
      const text = asText(line(seq));
      const record = parseLine(text);
      if (record.ok) onRecord(record.value);
      return text;
    };
    this.#parts.stream.write(shown, options);
  }

  #tell(facts: Omit<CoverageFacts, 'nowMicros'>, options: WriteOptions = { essential: true }): void {
    this.#write(coverageLine(this.#coverage, { ...facts, nowMicros: Date.now() * 1000 }), options);
  }

  #heartbeat(everyMs: number): void {
    const { cpuMicros, rssBytes } = this.#load.look();
    const labels = {
      mode: this.mode,
      interval_ms: everyMs,
      cpu_us: cpuMicros,
      rss_bytes: rssBytes,
      ...this.#counters(),
    };
    this.#tell({ action: 'heartbeat', labels }, {});
    this.#parts.libc?.trim();
  }

  /** What the kernel lost is told at once; what the full spool turned away once there is room to tell it. */
  #tellLosses(gapsToo: boolean): void {
    const { stream, capture } = this.#parts;
    for (const { cause, count, windowMs } of this.#losses.look(capture.source.counters().lost, monotonic())) {
      this.#tellLost(cause, count, windowMs);
    }
    if (!gapsToo) return;
    for (const { cause, count, firstMs, lastMs } of stream.takeGaps()) this.#tellLost(cause, count, lastMs - firstMs);
  }

  #tellLost(cause: string, count: number, windowMs: number): void {
    this.#parts.log('error', `${count} events were lost: ${cause}`);
    const windowMicros = Math.round(windowMs * 1000);
    this.#tell({ action: 'records-lost', reason: cause, count, windowMicros, labels: { cause } });
  }

  #counters(): Readonly<Record<string, string | number | undefined>> {
    const { capture, delivery, dropped, spoolBytes, spoolRecords, records, sender, clockOffsetMicros } = this.status();
    return {
      seen: capture.events,
      records,
      ...prefixed('lost_', capture.lost),
      ...prefixed('dropped_', dropped),
      ...prefixed('capture_', capture.extra ?? {}),
      spool_bytes: spoolBytes,
      spool_records: spoolRecords,
      sent: delivery.sent,
      refused: delivery.refused,
      retries: delivery.retries,
      sender: sender.kind,
      clock_offset_us: clockOffsetMicros,
    };
  }
}

function asText(line: string | Uint8Array): string {
  return typeof line === 'string' ? line : new TextDecoder().decode(line);
}

function prefixed(prefix: string, totals: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(totals).map(([name, total]) => [prefix + name.replaceAll('-', '_'), total]));
}
