import type { CaptureSource } from './capture-source.ts';
import type { CaptureDescription } from './capture-description.ts';

/** Opens kernel capture; throws an Error whose message tells what is missing here. */
export async function openEbpfCapture(): Promise<CaptureSource> {
  throw new Error('kernel capture is not built in');
}

export async function probeEbpf(): Promise<CaptureDescription> {
  return { mode: 'ebpf', works: false, covers: '', misses: [], reason: 'kernel capture is not built in' };
}
