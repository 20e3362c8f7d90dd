/** Attach types of the kernel's include/uapi/linux/bpf.h. */
const BPF_TRACE_RAW_TP = 23;
const BPF_TRACE_ITER = 28;

export type KernelProgram = {
  /** Its function in kernel/*.c. */
  readonly name: string;
  /** What it is attached to, as named in the kernel's BTF. */
  readonly target: string;
  readonly attachType: number;
  /** Without it there is no capture in the kernel; the others only add to it. */
  readonly required: boolean;
  /** Loaded, and attached only when it is worth its cost. */
  readonly onDemand: boolean;
  /** What is not seen without it, one sentence. */
  readonly without: string;
};

export const KERNEL_PROGRAMS = [
  {
    name: 'on_state',
    target: 'inet_sock_set_state',
    attachType: BPF_TRACE_RAW_TP,
    required: true,
    onDemand: false,
    without: 'Nothing is seen.',
  },
  {
    name: 'on_nested_state',
    target: 'inet_sock_set_state',
    attachType: BPF_TRACE_RAW_TP,
    required: false,
    onDemand: false,
    without: 'A state change that interrupts the handling of another on the same processor is not seen, only counted.',
  },
  {
    name: 'on_open_file',
    target: 'task_file',
    attachType: BPF_TRACE_ITER,
    required: true,
    onDemand: false,
    without: 'Connections that stood before capture began are not seen.',
  },
  {
    name: 'on_receive',
    target: 'sock_recv_length',
    attachType: BPF_TRACE_RAW_TP,
    required: false,
    onDemand: true,
    without: 'Where very many files are open, the process behind an accepted connection is known later.',
  },
  {
    name: 'on_reset_sent',
    target: 'tcp_send_reset',
    attachType: BPF_TRACE_RAW_TP,
    required: false,
    onDemand: false,
    without: 'Attempts on closed ports of this host are seen only if they come from this host.',
  },
] as const satisfies readonly KernelProgram[];

export type KernelProgramName = (typeof KERNEL_PROGRAMS)[number]['name'];
