import type { Result } from '@portledger/format';
import type { KernelFault } from '../kernel/kernel-fault.ts';
import { openKernelCapture } from '../kernel/kernel-capture.ts';
import type { CaptureDescription } from './capture-description.ts';
import type { CaptureSource } from './capture-source.ts';

const COVERS = 'TCP over IPv4 and IPv6 in all network namespaces, as it happens';

/** Opens kernel capture. A fault is what a host can lack. */
export function openEbpfCapture(): Promise<Result<CaptureSource, KernelFault>> {
  return openKernelCapture();
}

/** Loads the kernel programs and takes them away again. */
export async function probeEbpf(): Promise<CaptureDescription> {
  const opened = await openEbpfCapture();
  if (!opened.ok) {
    const { message, remedy } = opened.fault;
    return { mode: 'ebpf', works: false, covers: COVERS, misses: [], reason: message, remedy };
  }
  const { covers, misses } = opened.value;
  await opened.value.stop();
  return { mode: 'ebpf', works: true, covers, misses };
}
