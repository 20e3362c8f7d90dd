/** Linux capabilities that capture uses, by their bit (linux/capability.h), and what each is for. */
const NEEDED: readonly (readonly [name: string, bit: bigint, use: string])[] = [
  ['CAP_BPF', 39n, 'loading the kernel program'],
  ['CAP_PERFMON', 38n, 'attaching it to tracepoints'],
  ['CAP_NET_ADMIN', 12n, "seeing other network namespaces' sockets"],
  ['CAP_SYS_PTRACE', 19n, "reading other users' processes"],
  ['CAP_SYS_NICE', 23n, 'yielding to what is watched, and taking its turn back'],
  ['CAP_DAC_READ_SEARCH', 2n, 'reading other users’ executables and control groups'],
];
const SYS_ADMIN_BIT = 21n;

/** The effective capabilities in the text of /proc/self/status, as a bit mask. */
export function effectiveCapabilities(status: string): bigint {
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return digits === undefined ? 0n : BigInt(`0x${digits}`);
}

/** Those that are missing, with what they are for. CAP_SYS_ADMIN covers the first two on every kernel. */
export function missingCapabilities(mask: bigint): string[] {
  const isAdmin = has(mask, SYS_ADMIN_BIT);
  return NEEDED.filter(
    ([name, bit]) => !has(mask, bit) && !(isAdmin && (name === 'CAP_BPF' || name === 'CAP_PERFMON')),
  ).map(([name, , use]) => `${name} (${use})`);
}

function has(mask: bigint, bit: bigint): boolean {
  return (mask >> bit) % 2n === 1n;
}
