/** What kernel capture sees, as the start, the records and `doctor` all tell it. */
export const KERNEL_COVERS =
  'every TCP connection and listener of this host and its containers, IPv4 and IPv6, with its process and user';

/** What it does not see: what holds everywhere, then what each program that this kernel does not take leaves out. */
export function kernelMisses(withoutPrograms: readonly string[]): readonly string[] {
  return [
    'UDP: not yet covered',
    'a connect() that fails for want of a route: it sends nothing',
    ...new Set(withoutPrograms),
  ];
}
