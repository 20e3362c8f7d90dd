import type { CaptureEvent } from './capture-event.ts';

export type CaptureMode = 'ebpf' | 'sock-diag' | 'none';

/** Running totals since start; they never go down. */
export type CaptureCounters = {
  /** Events handed to the sink. */
  readonly events: number;
  /** Events that could not be handed over, by cause (`ring-full`, …). The agent turns growth into `records-lost`. */
  readonly lost: Readonly<Record<string, number>>;
  /** Anything else worth telling in a heartbeat: name → whole number. */
  readonly extra?: Readonly<Record<string, number>>;
};

/**
 * Something that sees connections. `start` resolves once capture runs; what already stands has then been handed to
 * the sink, marked `standing`. The sink is synchronous and must not throw; `stop` hands over what is still buffered.
 * While `hasRoom` says no, a source that has a buffer of its own lets events wait there; one that has none goes on.
 */
export interface CaptureSource {
  readonly mode: CaptureMode;
  /** What it covers, one plain sentence. */
  readonly covers: string;
  /** What it cannot see, one plain sentence each. */
  readonly misses: readonly string[];
  start(sink: (event: CaptureEvent) => void, hasRoom?: () => boolean): Promise<void>;
  counters(): CaptureCounters;
  stop(): Promise<void>;
}
