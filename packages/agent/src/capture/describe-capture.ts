import { openLibc } from '../libc/libc.ts';
import { ProcessReader } from '../process/process-reader.ts';
import type { CaptureDescription } from './capture-description.ts';
import { probeEbpf } from './ebpf-capture.ts';
import { SockDiagSource } from './sock-diag/sock-diag-source.ts';

/** Tries each way of capture, best first, and leaves nothing running. */
export async function describeCapture(): Promise<readonly CaptureDescription[]> {
  return [await probeEbpf(), await probeSockDiag()];
}

async function probeSockDiag(): Promise<CaptureDescription> {
  const source = new SockDiagSource({ libc: await openLibc(), processes: new ProcessReader() });
  const described = { mode: 'sock-diag', covers: source.covers, misses: source.misses } as const;
  try {
    await source.start(() => {});
    await source.stop();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { ...described, works: false, reason, remedy: 'mount /proc, or allow netlink sockets to the agent' };
  }
  const asRoot = process.getuid?.() === 0;
  return { ...described, works: true, ...(asRoot ? {} : { remedy: 'run as root to see all users’ processes' }) };
}
