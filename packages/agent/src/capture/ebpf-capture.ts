import type { Result } from '@portledger/format';
import { KERNEL_COVERS, kernelMisses } from '../kernel/kernel-coverage.ts';
import type { KernelFault } from '../kernel/kernel-fault.ts';
import { openKernelCapture } from '../kernel/kernel-capture.ts';
import { probeKernelCapture } from '../kernel/kernel-probe.ts';
import type { CaptureDescription } from './capture-description.ts';
import type { CaptureSource } from './capture-source.ts';

/** Opens kernel capture. A fault is what a host can lack. */
export function openEbpfCapture(onPressure: (isPressed: boolean) => void): Promise<Result<CaptureSource, KernelFault>> {
  return openKernelCapture({ onPressure });
}

/** Loads the kernel programs and takes them away again. */
export async function probeEbpf(): Promise<CaptureDescription> {
  const probed = await probeKernelCapture();
  if (!probed.ok) {
    const { message, remedy } = probed.fault;
    return { mode: 'ebpf', works: false, covers: KERNEL_COVERS, misses: kernelMisses([]), reason: message, remedy };
  }
  const { kernel, libbpf, programs } = probed.value;
  const lacking = programs.filter(({ attachable }) => !attachable).map(({ without }) => without);
  return { mode: 'ebpf', works: true, covers: KERNEL_COVERS, misses: kernelMisses(lacking), found: { kernel, libbpf } };
}
