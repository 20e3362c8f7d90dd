/** Why connections cannot be captured in the kernel; the agent then polls the socket tables instead. */
export type KernelFaultCode =
  | 'platform-unsupported'
  | 'libbpf-missing'
  | 'libbpf-too-old'
  | 'no-btf'
  | 'not-permitted'
  | 'object-missing'
  | 'program-refused'
  | 'attach-failed'
  | 'out-of-memory'
  | 'map-failed';

export type KernelFault = {
  readonly code: KernelFaultCode;
  /** What was tried and what the system answered. */
  readonly message: string;
  /** What a person can do about it. */
  readonly remedy: string;
};

const REMEDIES: Readonly<Record<KernelFaultCode, string>> = {
  'platform-unsupported': 'Capture in the kernel needs Linux on x86-64 or arm64 and the koffi package.',
  'libbpf-missing': 'Install libbpf: apt-get install libbpf1 (Debian, Ubuntu) or dnf install libbpf (Fedora, RHEL).',
  'libbpf-too-old': 'Install libbpf 1.0 or later (Debian 12, Ubuntu 23.04, RHEL 9.2 or later).',
  'no-btf': 'Run a kernel with BTF (CONFIG_DEBUG_INFO_BTF=y): /sys/kernel/btf/vmlinux must exist.',
  'not-permitted': 'Run the agent as root, or give it CAP_BPF and CAP_PERFMON.',
  'object-missing': 'Install the agent completely, or build the object with: npm run build:kernel',
  'program-refused': 'Linux 5.12 or later is needed. On such a kernel please report this message.',
  'attach-failed': 'Linux 5.12 or later is needed. On such a kernel please report this message.',
  'out-of-memory': 'Choose a smaller ring, or give the agent more memory.',
  'map-failed': 'Please report this message.',
};

export function kernelFault(code: KernelFaultCode, message: string): KernelFault {
  return { code, message, remedy: REMEDIES[code] };
}
