import { constants } from 'node:fs';
import { access, readFile, readdir } from 'node:fs/promises';
import { release } from 'node:os';
import path from 'node:path';
import { effectiveCapabilities, missingCapabilities } from './capabilities.ts';
import { broken, good, limited } from './finding.ts';
import type { Finding } from './finding.ts';

const BTF_FILE = '/sys/kernel/btf/vmlinux';
/** Ring buffers came with 5.8, socket storage for tracing programs with 5.11. */
const KERNEL_MIN = { major: 5, minor: 11 };
const LIBRARY_DIRS = ['/lib64', '/usr/lib64', '/usr/local/lib', '/lib', '/usr/lib'];
const SOCK_DIAG_ONLY = 'capture falls back to sock-diag: connections shorter than its polling interval are missed';

/** What capture can and can't do on this host. */
export async function captureChecks(): Promise<Finding[]> {
  if (process.platform !== 'linux') {
    return [
      broken(
        'kernel',
        `${process.platform} has no capture`,
        'run the agent on Linux; `portledger up --no-capture` collects what others send',
      ),
    ];
  }
  const others = await Promise.all([
    btfCheck(),
    libbpfCheck(),
    capabilityCheck(),
    lockdownCheck(),
    cgroupCheck(),
    sockDiagCheck(),
  ]);
  return [...(await triedCapture()), kernelCheck(), ...others];
}

/** Each way of capture, really tried: what follows only explains why one of them fails. */
async function triedCapture(): Promise<Finding[]> {
  const { describeCapture } = await import('@portledger/agent');
  const described = await describeCapture();
  const kernelWorks = described.some(({ mode, works }) => mode === 'ebpf' && works);
  return described.map(({ mode, works, covers, misses, reason, remedy }) => {
    const topic = `capture by ${mode}`;
    if (!works) {
      const why = `does not work here: ${reason ?? 'unknown'}`;
      const how = remedy ?? 'the findings below may tell why';
      return mode === 'ebpf' || kernelWorks ? limited(topic, why, how) : broken(topic, why, how);
    }
    if (mode !== 'ebpf' && kernelWorks) return good(topic, 'works, and is not needed here');
    const notes = misses.map((miss) => `not seen: ${miss}`);
    return { topic, state: remedy === undefined ? 'good' : 'limited', text: covers, notes, remedy };
  });
}

function kernelCheck(): Finding {
  const text = release();
  const [major = 0, minor = 0] = text.split('.').map((part) => Number.parseInt(part, 10));
  const isNew = major > KERNEL_MIN.major || (major === KERNEL_MIN.major && minor >= KERNEL_MIN.minor);
  if (isNew) return good('kernel', `Linux ${text}`);
  return limited(
    'kernel',
    `Linux ${text}: ${SOCK_DIAG_ONLY}`,
    `a kernel from ${KERNEL_MIN.major}.${KERNEL_MIN.minor} on has what is needed`,
  );
}

async function btfCheck(): Promise<Finding> {
  if (await isReadable(BTF_FILE)) return good('BTF', BTF_FILE);
  const remedy = 'use a kernel built with CONFIG_DEBUG_INFO_BTF=y; those of Debian 12, Ubuntu 22.04 and RHEL 9 are';
  return limited('BTF', `${BTF_FILE} is missing: ${SOCK_DIAG_ONLY}`, remedy);
}

async function libbpfCheck(): Promise<Finding> {
  for (const dir of await libraryDirs()) {
    const names = await readdir(dir).catch(() => []);
    const library = names
      .filter((name) => /^libbpf\.so\.1(\.|$)/.test(name))
      .sort()
      .at(-1);
    if (library !== undefined) return good('libbpf', path.join(dir, library));
  }
  return limited(
    'libbpf',
    `libbpf 1.x is not installed: ${SOCK_DIAG_ONLY}`,
    'apt-get install libbpf1 (Debian, Ubuntu) or dnf install libbpf',
  );
}

/** Debian keeps libraries in a folder a machine type. */
async function libraryDirs(): Promise<string[]> {
  const below = await Promise.all(
    ['/usr/lib', '/lib'].map(async (dir) => {
      const names = await readdir(dir).catch(() => []);
      return names
        .filter((name) => name.endsWith('-linux-gnu') || name.endsWith('-linux-musl'))
        .map((name) => path.join(dir, name));
    }),
  );
  return [...below.flat(), ...LIBRARY_DIRS];
}

async function capabilityCheck(): Promise<Finding> {
  const missing = missingCapabilities(effectiveCapabilities(await readFile('/proc/self/status', 'utf8')));
  if (missing.length === 0)
    return good('privileges', process.getuid?.() === 0 ? 'root' : 'all capabilities that are needed');
  return limited(
    'privileges',
    `missing ${missing.join(', ')}`,
    'run it as root: sudo portledger up; or give its systemd unit these AmbientCapabilities',
  );
}

async function lockdownCheck(): Promise<Finding> {
  const text = await readFile('/sys/kernel/security/lockdown', 'utf8').catch(() => '[none]');
  if (!text.includes('[confidentiality]')) return good('lockdown', 'does not hinder capture');
  return limited(
    'lockdown',
    `the kernel is locked down for confidentiality: ${SOCK_DIAG_ONLY}`,
    'boot with lockdown=integrity or none',
  );
}

async function cgroupCheck(): Promise<Finding> {
  const hierarchies = [
    '/sys/fs/cgroup/cgroup.controllers',
    '/sys/fs/cgroup/unified/cgroup.controllers',
    '/sys/fs/cgroup/systemd/tasks',
  ];
  const readable = await Promise.all(hierarchies.map(isReadable));
  if (readable.includes(true)) return good('cgroups', 'processes are named by unit and container');
  return limited(
    'cgroups',
    'no hierarchy is mounted: units and containers are not named',
    'mount /sys/fs/cgroup, or run outside the sandbox that hides it',
  );
}

/** inet_diag loads by itself when root first asks for it; without it /proc/net/tcp still tells most. */
async function sockDiagCheck(): Promise<Finding> {
  if (await isReadable('/proc/net/tcp')) return good('sock_diag', 'standing connections and listeners can be listed');
  return broken(
    'sock_diag',
    '/proc/net/tcp can’t be read: what already stands is not seen',
    'mount /proc, or run outside the sandbox that hides it',
  );
}

async function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}
