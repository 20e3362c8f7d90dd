import { accessSync, constants } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { CaptureEvent } from '../capture/capture-event.ts';
import { openKernelCapture, type KernelCapture, type KernelCaptureOptions } from './kernel-capture.ts';

/** For tests of capture on a real kernel: keeps all events, and waits for those that a test expects. */
export type CaptureRecording = {
  readonly capture: KernelCapture;
  readonly events: readonly CaptureEvent[];
  /** The first event that matches, now or within the deadline. */
  next(what: string, matches: (event: CaptureEvent) => boolean): Promise<CaptureEvent>;
  /** All events with this port as destination, once there are `count`. */
  ofPort(destPort: number, count: number): Promise<readonly CaptureEvent[]>;
  [Symbol.asyncDispose](): Promise<void>;
};

const DEADLINE_MS = 40_000;
const LOOK_MS = 10;

/** Why this host cannot capture in the kernel; undefined if it can. Tests name it as they are skipped. */
export function kernelCaptureLack(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  try {
    accessSync('/sys/kernel/btf/vmlinux', constants.R_OK);
    return undefined;
  } catch {
    return 'needs a kernel with BTF';
  }
}

export async function recordCapture(
  options: KernelCaptureOptions = {},
  hasRoom?: () => boolean,
): Promise<CaptureRecording> {
  const opened = await openKernelCapture(options);
  if (!opened.ok) throw new Error(`${opened.fault.code}: ${opened.fault.message}`);
  const capture = opened.value;
  const events: CaptureEvent[] = [];
  await capture.start((event) => events.push(event), hasRoom);
  const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (performance.now() > deadline) {
        // Lost for want of room in the ring, not there, or not read yet: these tell which.
        const { lost, extra } = capture.counters();
        throw new Error(`${what}: not captured in ${DEADLINE_MS} ms; ${JSON.stringify({ lost, ...extra })}`);
      }
      await delay(LOOK_MS);
    }
  };
  return {
    capture,
    events,
    next: (what, matches) => until(what, () => events.find(matches)),
    ofPort: (destPort, count) => {
      // Other tests' connections are seen as well, and may be very many: each is looked at once.
      const found: CaptureEvent[] = [];
      let looked = 0;
      return until(`${count} events of port ${destPort}`, () => {
        for (; looked < events.length; looked += 1) {
          const event = events[looked];
          if (event?.destPort === destPort) found.push(event);
        }
        return found.length >= count ? found : undefined;
      });
    },
    [Symbol.asyncDispose]: () => capture.stop(),
  };
}
