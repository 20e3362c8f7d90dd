import type { AgentLog } from '../agent-log.ts';
import { openEbpfCapture } from './ebpf-capture.ts';
import type { Libc } from '../libc/libc.ts';
import type { ProcessReader } from '../process/process-reader.ts';
import type { CaptureEvent } from './capture-event.ts';
import type { CaptureSource } from './capture-source.ts';
import { NoCapture } from './no-capture.ts';
import { SockDiagSource } from './sock-diag/sock-diag-source.ts';

export type CaptureChoice = 'auto' | 'ebpf' | 'sock-diag' | 'none';

export type CaptureSetting = {
  readonly choice: CaptureChoice;
  readonly pollIntervalMs?: number;
  readonly libc: Libc | undefined;
  readonly processes: ProcessReader;
  readonly log: AgentLog;
  /** Told when capture fills its buffer faster than it is read, and when that is over; sources without one tell nothing. */
  readonly onPressure?: (isPressed: boolean) => void;
};

export type StartedCapture = {
  readonly source: CaptureSource;
  /** Why the best mode was not to be had; absent when it was, or was not asked for. */
  readonly fallbackReason?: string;
  /** What already stood, in the order seen, and everything that came before `deliverTo`. */
  deliverTo(sink: (event: CaptureEvent) => void, hasRoom: () => boolean): void;
};

/**
 * Starts the best capture that works here. Events are held back until the agent has recorded that capture started,
 * which cannot be before it is known in which mode.
 * Throws when a mode that was asked for by name does not work: falling back would then hide it.
 */
export async function startCapture(setting: CaptureSetting): Promise<StartedCapture> {
  const { onPressure = () => {} } = setting;
  switch (setting.choice) {
    case 'none':
      return beginCapture(new NoCapture());
    case 'sock-diag':
      return beginCapture(sockDiag(setting));
    case 'ebpf': {
      const kernel = await openEbpfCapture(onPressure);
      if (!kernel.ok) throw new Error(`${kernel.fault.message}. ${kernel.fault.remedy}`);
      return beginCapture(kernel.value);
    }
    case 'auto': {
      const kernel = await openEbpfCapture(onPressure);
      if (kernel.ok) return beginCapture(kernel.value);
      const { message, remedy } = kernel.fault;
      setting.log('warn', `kernel capture does not work here, the socket tables are polled instead: ${message}`, {
        remedy,
      });
      return { ...(await beginCapture(sockDiag(setting))), fallbackReason: message };
    }
    default:
      return setting.choice satisfies never;
  }
}

function sockDiag(setting: CaptureSetting): SockDiagSource {
  const { libc, processes, pollIntervalMs, log } = setting;
  const onFault = (message: string): void => log('warn', `the socket tables cannot be read: ${message}`);
  return new SockDiagSource({ libc, processes, onFault, ...(pollIntervalMs === undefined ? {} : { pollIntervalMs }) });
}

/** Starts a source and holds its events back until they are asked for. */
export async function beginCapture(source: CaptureSource): Promise<StartedCapture> {
  const held: CaptureEvent[] = [];
  let deliver = (event: CaptureEvent): void => {
    held.push(event);
  };
  let hasRoom = (): boolean => true;
  try {
    await source.start(
      (event) => deliver(event),
      () => hasRoom(),
    );
  } catch (cause) {
    await source.stop();
    throw cause;
  }
  return {
    source,
    deliverTo(sink, room) {
      for (const event of held.splice(0)) sink(event);
      deliver = sink;
      hasRoom = room;
    },
  };
}
