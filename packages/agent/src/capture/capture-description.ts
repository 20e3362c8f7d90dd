import type { CaptureMode } from './capture-source.ts';

/** What one way of capture can do on this host. */
export type CaptureDescription = {
  readonly mode: CaptureMode;
  readonly works: boolean;
  readonly covers: string;
  readonly misses: readonly string[];
  /** Why it does not work. */
  readonly reason?: string;
  /** What would make it work, or work better. */
  readonly remedy?: string;
  /** Versions of what it rests on. */
  readonly found?: { readonly kernel: string; readonly libbpf: string };
};
