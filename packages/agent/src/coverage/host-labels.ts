import { existsSync } from 'node:fs';
import { arch, hostname, release } from 'node:os';

/** Where a kernel keeps its types, which the kernel program needs (BTF, CONFIG_DEBUG_INFO_BTF). */
const BTF_FILE = '/sys/kernel/btf/vmlinux';

/** Labels that tell on what host, and by which agent, capture is done: what a record can be judged by years later. */
export function hostLabels(version: string | undefined): Readonly<Record<string, string | undefined>> {
  return {
    version,
    host: hostname(),
    kernel: release(),
    arch: arch(),
    btf: existsSync(BTF_FILE) ? 'yes' : 'no',
  };
}
