import { fail, ok, type Result } from '@portledger/format';
import { kernelFault, type KernelFault } from './kernel-fault.ts';
import type { Libbpf, Pointer } from './libbpf.ts';

/**
 * A piece of kernel memory shared with this process. Its buffer must not be touched after `unmap`: that would be a
 * fault of the processor, not an exception; so owners drop their views as they close.
 */
export type MappedMemory = { readonly buffer: ArrayBuffer; unmap(): void };

/** Maps `bytes` of a map's memory from `offset`, both multiples of the page size. */
export function mapMemory(
  libbpf: Libbpf,
  place: { readonly fd: number; readonly bytes: number; readonly offset: number; readonly writable: boolean },
): Result<MappedMemory, KernelFault> {
  const { fd, bytes, offset, writable } = place;
  let address: Pointer = libbpf.mmap(bytes, writable, fd, offset);
  if (address === 0n) {
    return fail(kernelFault('map-failed', `mmap of ${bytes} bytes failed with errno ${libbpf.errno()}`));
  }
  const unmap = () => {
    if (address !== 0n) libbpf.munmap(address, bytes);
    address = 0n;
  };
  return ok({ buffer: libbpf.view(address, bytes), unmap });
}
