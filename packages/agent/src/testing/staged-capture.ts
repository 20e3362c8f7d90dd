import type { CaptureEvent } from '../capture/capture-event.ts';
import type { CaptureCounters, CaptureSource } from '../capture/capture-source.ts';

/** A capture source whose events and losses a test decides. */
export class StagedCapture implements CaptureSource {
  readonly mode = 'sock-diag';
  readonly covers = 'what the test says';
  readonly misses: readonly string[] = ['everything else'];
  lost: Record<string, number> = {};
  #events = 0;
  #sink: ((event: CaptureEvent) => void) | undefined;
  readonly #standing: readonly CaptureEvent[];

  constructor(standing: readonly CaptureEvent[] = []) {
    this.#standing = standing;
  }

  async start(sink: (event: CaptureEvent) => void): Promise<void> {
    this.#sink = sink;
    for (const event of this.#standing) this.emit(event);
  }

  emit(event: CaptureEvent): void {
    this.#events += 1;
    this.#sink?.(event);
  }

  counters(): CaptureCounters {
    return { events: this.#events, lost: this.lost };
  }

  async stop(): Promise<void> {
    this.#sink = undefined;
  }
}

/** A connection that never was, told apart by its number. */
export function stagedEvent(number: number, more: Partial<CaptureEvent> = {}): CaptureEvent {
  return {
    kind: 'initiated',
    side: 'source',
    timeMicros: 1_795_358_209_123_456 + number,
    family: 4,
    sourceIp: '192.0.2.1',
    sourcePort: 1024 + (number % 60_000),
    destIp: '198.51.100.7',
    destPort: 5432,
    ...more,
  };
}
