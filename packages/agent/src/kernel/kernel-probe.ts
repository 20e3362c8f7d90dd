import { release } from 'node:os';
import { ok, type Result } from '@portledger/format';
import { KERNEL_OBJECT_PATH } from './kernel-capture.ts';
import type { KernelFault } from './kernel-fault.ts';
import { openKernelObject } from './kernel-object.ts';
import { KERNEL_PROGRAMS } from './kernel-programs.ts';
import { openLibbpf } from './libbpf.ts';
import { PROBE_RING_BYTES } from './limits.ts';

export type ProgramProbe = {
  readonly name: string;
  readonly target: string;
  readonly attachable: boolean;
  /** What is not seen where it cannot be attached. */
  readonly without: string;
};

/** What capture in the kernel finds here. */
export type KernelProbe = {
  readonly kernel: string;
  readonly libbpf: string;
  readonly programs: readonly ProgramProbe[];
};

/** Tries everything that capture needs, in the end for real, and leaves nothing behind; takes under a second. */
export async function probeKernelCapture(objectPath = KERNEL_OBJECT_PATH): Promise<Result<KernelProbe, KernelFault>> {
  const libbpf = await openLibbpf();
  if (!libbpf.ok) return libbpf;
  const object = openKernelObject(libbpf.value, { objectPath, ringBytes: PROBE_RING_BYTES });
  if (!object.ok) return object;
  const { usable } = object.value;
  object.value.close();
  const programs = KERNEL_PROGRAMS.map(({ name, target, without }) => ({
    name,
    target,
    attachable: usable.includes(name),
    without,
  }));
  return ok({ kernel: release(), libbpf: libbpf.value.version, programs });
}
