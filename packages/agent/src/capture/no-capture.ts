import type { CaptureCounters, CaptureSource } from './capture-source.ts';

/** Capture switched off: the agent's stream then says so instead of falling silent. */
export class NoCapture implements CaptureSource {
  readonly mode = 'none';
  readonly covers = 'nothing: capture is switched off';
  readonly misses: readonly string[] = ['every connection on this host'];

  async start(): Promise<void> {}

  counters(): CaptureCounters {
    return { events: 0, lost: {} };
  }

  async stop(): Promise<void> {}
}
