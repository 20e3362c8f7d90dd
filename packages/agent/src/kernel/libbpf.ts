import { fail, ok, type Result } from '@portledger/format';
import type * as koffiModule from 'koffi';
import { kernelFault, type KernelFault } from './kernel-fault.ts';

/** An address in this process; 0n is NULL. */
export type Pointer = bigint;

/**
 * The calls of libbpf 1.x and of the C library that capture needs, each as in its own documentation. Functions that
 * return a pointer give 0n on failure and leave the reason in `errno`; the others give a negative errno.
 */
export type Libbpf = {
  readonly version: string;
  readonly openObject: (path: string) => Pointer;
  readonly loadObject: (object: Pointer) => number;
  readonly closeObject: (object: Pointer) => void;
  readonly findProgram: (object: Pointer, name: string) => Pointer;
  readonly setAutoload: (program: Pointer, autoload: boolean) => number;
  readonly setLogBuffer: (program: Pointer, log: Buffer) => number;
  readonly programFd: (program: Pointer) => number;
  readonly attach: (program: Pointer) => Pointer;
  readonly destroyLink: (link: Pointer) => number;
  readonly linkFd: (link: Pointer) => number;
  readonly createIterator: (linkFd: number) => number;
  readonly findMap: (object: Pointer, name: string) => Pointer;
  readonly setMaxEntries: (map: Pointer, entries: number) => number;
  readonly mapFd: (map: Pointer) => number;
  readonly lookup: (mapFd: number, key: Buffer, value: Buffer) => number;
  readonly programInfo: (programFd: number, info: Buffer, size: Uint32Array) => number;
  readonly btfId: (name: string, attachType: number) => number;
  readonly possibleCpus: () => number;
  readonly pageBytes: () => number;
  readonly mmap: (bytes: number, writable: boolean, fd: number, offset: number) => Pointer;
  readonly munmap: (address: Pointer, bytes: number) => number;
  readonly view: (address: Pointer, bytes: number) => ArrayBuffer;
  readonly clock: (clock: number, time: BigInt64Array) => number;
  readonly errno: () => number;
};

type Koffi = Pick<typeof koffiModule, 'load' | 'view' | 'errno'>;
type Library = ReturnType<Koffi['load']>;

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;

/** Binds the installed libbpf. Loading it needs no privileges. */
export async function openLibbpf(): Promise<Result<Libbpf, KernelFault>> {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
    return fail(kernelFault('platform-unsupported', `this is ${process.platform} on ${process.arch}`));
  }
  let koffi: Koffi;
  try {
    koffi = (await import('koffi')).default;
  } catch (error) {
    return fail(kernelFault('platform-unsupported', `koffi does not load: ${messageOf(error)}`));
  }
  let library: Library;
  try {
    library = koffi.load('libbpf.so.1');
  } catch (error) {
    return fail(kernelFault('libbpf-missing', messageOf(error)));
  }
  try {
    return ok(bind(koffi, library));
  } catch (error) {
    return fail(kernelFault('libbpf-too-old', messageOf(error)));
  }
}

function bind(koffi: Koffi, library: Library): Libbpf {
  const version: string = library.func('const char *libbpf_version_string()')();
  // What goes wrong is told by our own faults; libbpf would write it to standard error.
  library.func('void *libbpf_set_print(void *)')(null);
  return { version, ...objectCalls(library), ...mapCalls(library), ...systemCalls(koffi) };
}

function objectCalls(library: Library) {
  const open = pointerCall(library.func('void *bpf_object__open_file(const char *, void *)'));
  const setLogBuffer = library.func('int bpf_program__set_log_buf(void *, void *, size_t)');
  const createIterator = library.func('int bpf_iter_create(int)');
  return {
    openObject: (path: string) => open(path, null),
    loadObject: library.func('int bpf_object__load(void *)'),
    closeObject: library.func('void bpf_object__close(void *)'),
    findProgram: pointerCall(library.func('void *bpf_object__find_program_by_name(void *, const char *)')),
    setAutoload: library.func('int bpf_program__set_autoload(void *, bool)'),
    setLogBuffer: (program: Pointer, log: Buffer): number => setLogBuffer(program, log, log.length),
    programFd: library.func('int bpf_program__fd(void *)'),
    attach: pointerCall(library.func('void *bpf_program__attach(void *)')),
    destroyLink: library.func('int bpf_link__destroy(void *)'),
    linkFd: library.func('int bpf_link__fd(void *)'),
    createIterator: (linkFd: number): number => createIterator(linkFd),
    btfId: library.func('int libbpf_find_vmlinux_btf_id(const char *, int)'),
  };
}

function mapCalls(library: Library) {
  return {
    findMap: pointerCall(library.func('void *bpf_object__find_map_by_name(void *, const char *)')),
    setMaxEntries: library.func('int bpf_map__set_max_entries(void *, uint32_t)'),
    mapFd: library.func('int bpf_map__fd(void *)'),
    lookup: library.func('int bpf_map_lookup_elem(int, void *, _Out_ void *)'),
    programInfo: library.func('int bpf_obj_get_info_by_fd(int, void *, void *)'),
    possibleCpus: library.func('int libbpf_num_possible_cpus()'),
  };
}

function systemCalls(koffi: Koffi) {
  const libc = koffi.load(null);
  const mmap = pointerCall(libc.func('void *mmap(void *, size_t, int, int, int, long)'));
  return {
    pageBytes: libc.func('int getpagesize()'),
    mmap: (bytes: number, writable: boolean, fd: number, offset: number): Pointer => {
      const address = mmap(null, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
      return BigInt.asIntN(64, address) === -1n ? 0n : address;
    },
    munmap: libc.func('int munmap(void *, size_t)'),
    view: (address: Pointer, bytes: number): ArrayBuffer => koffi.view(address, bytes),
    clock: libc.func('int clock_gettime(int, void *)'),
    errno: (): number => koffi.errno(),
  };
}

/** koffi gives null for a NULL pointer. */
function pointerCall<A extends readonly unknown[]>(call: (...args: A) => bigint | null): (...args: A) => Pointer {
  return (...args) => call(...args) ?? 0n;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
