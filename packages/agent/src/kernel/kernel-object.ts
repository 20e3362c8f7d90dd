import { accessSync, constants as access, existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fail, ok, type Result } from '@portledger/format';
import { kernelFault, type KernelFault } from './kernel-fault.ts';
import { KERNEL_PROGRAMS, type KernelProgramName } from './kernel-programs.ts';
import type { Libbpf, Pointer } from './libbpf.ts';
import { SLOTS_PER_CPU, VERIFIER_LOG_BYTES } from './limits.ts';

const BTF_PATH = '/sys/kernel/btf/vmlinux';
const { EPERM, EACCES, ENOMEM, E2BIG } = constants.errno;

export type MapName = 'ring' | 'slots' | 'cursors' | 'tallies';

/** The capture programs, loaded and attached until `close`. */
export type KernelObject = {
  readonly cpus: number;
  /** Attached, or ready to be attached on demand. */
  readonly usable: readonly KernelProgramName[];
  readonly mapFd: (map: MapName) => number;
  readonly programFd: (program: KernelProgramName) => number;
  /** Attaches the programs that are worth it only under some load; again and again does no harm. */
  readonly attachOnDemand: () => void;
  /** Opens a new pass over the open files of all processes; the caller reads it to its end and closes it. */
  readonly openFilePass: () => number;
  /** The programs see nothing more; what they wrote can still be read. */
  detach(): void;
  close(): void;
};

export type KernelObjectOptions = { readonly objectPath: string; readonly ringBytes: number };

/** Loads and attaches every program that this kernel takes; a required one that it does not take is a fault. */
export function openKernelObject(libbpf: Libbpf, options: KernelObjectOptions): Result<KernelObject, KernelFault> {
  const missing = missingFile(options.objectPath);
  if (missing !== undefined) return fail(missing);
  const known = KERNEL_PROGRAMS.filter(
    ({ required, target, attachType }) => required || libbpf.btfId(target, attachType) > 0,
  );
  const loaded = load(libbpf, options, known);
  if (loaded.ok || loaded.fault.code !== 'program-refused') return loaded.ok ? attach(libbpf, loaded.value) : loaded;
  // Something that only adds to capture may be what was refused.
  const bare = load(
    libbpf,
    options,
    KERNEL_PROGRAMS.filter(({ required }) => required),
  );
  return bare.ok ? attach(libbpf, bare.value) : bare;
}

type Program = (typeof KERNEL_PROGRAMS)[number];
type Loaded = { readonly object: Pointer; readonly programs: readonly Program[]; readonly cpus: number };

function missingFile(objectPath: string): KernelFault | undefined {
  if (!existsSync(objectPath)) return kernelFault('object-missing', `${objectPath} is missing`);
  if (!existsSync(BTF_PATH)) return kernelFault('no-btf', `${BTF_PATH} is missing`);
  try {
    accessSync(BTF_PATH, access.R_OK);
    return undefined;
  } catch {
    return kernelFault('not-permitted', `${BTF_PATH} cannot be read`);
  }
}

function load(libbpf: Libbpf, options: KernelObjectOptions, programs: readonly Program[]): Result<Loaded, KernelFault> {
  const object = libbpf.openObject(options.objectPath);
  if (object === 0n) {
    return fail(kernelFault('object-missing', `${options.objectPath} does not open: errno ${libbpf.errno()}`));
  }
  const cpus = libbpf.possibleCpus();
  libbpf.setMaxEntries(libbpf.findMap(object, 'ring'), options.ringBytes);
  libbpf.setMaxEntries(libbpf.findMap(object, 'slots'), cpus * SLOTS_PER_CPU);
  libbpf.setMaxEntries(libbpf.findMap(object, 'cursors'), cpus);
  const logs = new Map<string, Buffer>();
  for (const program of KERNEL_PROGRAMS) {
    const pointer = libbpf.findProgram(object, program.name);
    const wanted = programs.includes(program);
    libbpf.setAutoload(pointer, wanted);
    if (wanted) {
      const log = Buffer.alloc(VERIFIER_LOG_BYTES);
      libbpf.setLogBuffer(pointer, log);
      logs.set(program.name, log);
    }
  }
  const error = -libbpf.loadObject(object);
  if (error === 0) return ok({ object, programs, cpus });
  libbpf.closeObject(object);
  return fail(loadFault(error, logs));
}

function loadFault(error: number, logs: ReadonlyMap<string, Buffer>): KernelFault {
  for (const [program, log] of logs) {
    const line = usefulLine(log.toString('latin1', 0, Math.max(0, log.indexOf(0))));
    if (line !== undefined) return kernelFault('program-refused', `the kernel refuses ${program}: ${line}`);
  }
  if (error === EPERM || error === EACCES) {
    return kernelFault('not-permitted', `the kernel does not allow this process to load programs (errno ${error})`);
  }
  if (error === ENOMEM || error === E2BIG)
    return kernelFault('out-of-memory', `no memory for the maps (errno ${error})`);
  return kernelFault('program-refused', `the kernel refuses the programs with errno ${error}`);
}

/** The verifier ends with the instruction it refuses and then says why; statistics and source lines are no help. */
function usefulLine(log: string): string | undefined {
  const said = log
    .split('\n')
    .filter((line) => line !== '' && !/^(processed|verification|stack depth|;|\d+:|R\d)/.test(line));
  return said.at(-1)?.slice(0, 300);
}

function attach(libbpf: Libbpf, { object, programs, cpus }: Loaded): Result<KernelObject, KernelFault> {
  const links = new Map<KernelProgramName, Pointer>();
  const detach = () => {
    for (const link of links.values()) libbpf.destroyLink(link);
    links.clear();
  };
  const close = () => {
    detach();
    libbpf.closeObject(object);
  };
  const attachOne = (name: KernelProgramName): boolean => {
    const link = links.has(name) ? 0n : libbpf.attach(libbpf.findProgram(object, name));
    if (link !== 0n) links.set(name, link);
    return links.has(name);
  };
  const usable: KernelProgramName[] = [];
  for (const { name, required, onDemand, target } of programs) {
    if (onDemand || attachOne(name)) {
      usable.push(name);
    } else if (required) {
      const error = libbpf.errno();
      close();
      return fail(kernelFault('attach-failed', `${name} cannot be attached to ${target}: errno ${error}`));
    }
  }
  return ok({
    cpus,
    usable,
    mapFd: (map) => libbpf.mapFd(libbpf.findMap(object, map)),
    programFd: (program) => libbpf.programFd(libbpf.findProgram(object, program)),
    attachOnDemand: () => {
      for (const { name, onDemand } of programs) if (onDemand) attachOne(name);
    },
    openFilePass: () => libbpf.createIterator(libbpf.linkFd(links.get('on_open_file') ?? 0n)),
    detach,
    close,
  });
}
