import type { LedgerFiles } from '@portledger/format';
import type { BlockFiles } from '../block-files.ts';
import { DiskError } from '../ledger-disk.ts';
import type { FilePart, JournalFile, LedgerDisk } from '../ledger-disk.ts';
import { stepText } from './disk-fault.ts';
import type { Deferral, DiskFault, DiskStep, Injection, Stop } from './disk-fault.ts';
import { MemoryFile } from './memory-file.ts';
import { MemoryVolume, folderOf } from './memory-volume.ts';

/** Thrown by every operation from the crash on. */
class Crash extends Error {}

const HOME = '~/';

/** What the views of one disk share. */
class Machine {
  volume: MemoryVolume;
  readonly steps: string[] = [];
  crashAt = Infinity;
  hasCrashed = false;
  inject: Injection = () => undefined;
  /** Folders whose names this process has made durable; the next process can't know. */
  readonly sureFolders = new Set<string>();
  #deferred: { readonly until: (step: DiskStep) => boolean; readonly act: () => void }[] = [];
  #rotted = 0;

  constructor(volume: MemoryVolume) {
    this.volume = volume;
  }

  /** Does a step that changes something, or what an injected fault makes of it. `act(part)` does that part of it. */
  change(step: DiskStep, act: (part: number) => void, lose: () => void = () => undefined): void {
    if (this.hasCrashed) throw new Crash('after the crash');
    this.steps.push(stepText(step));
    if (this.steps.length >= this.crashAt) {
      this.hasCrashed = true;
      if (step.operation === 'write') act(0.5);
      throw new Crash(`crashed at ${stepText(step)}`);
    }
    const fault = this.inject(step);
    if (fault === undefined) act(1);
    else if (typeof fault === 'object') this.#defer(fault, () => act(1));
    else this.#fail(fault, step, act, lose);
    const due = this.#deferred.filter(({ until }) => until(step));
    this.#deferred = this.#deferred.filter(({ until }) => !until(step));
    for (const { act: late } of due) late();
  }

  #defer({ until }: Deferral, act: () => void): void {
    this.#deferred.push({ until, act });
  }

  #fail(fault: DiskFault, step: DiskStep, act: (part: number) => void, lose: () => void): void {
    if (fault === 'skipped') return;
    const isSync = step.operation === 'sync' || step.operation === 'sync-folder';
    if (fault === 'persisted') act(1);
    else if (isSync) lose();
    else if (fault === 'torn' || fault === 'full') act(0.5);
    const isFolder = step.operation === 'sync-folder'; // after which names are not known, whatever the reason
    const code = isFolder ? 'io' : fault === 'full' ? 'disk-full' : fault === 'read-only' ? 'read-only' : 'io';
    throw new DiskError(code, `${stepText(step)}: ${fault}`);
  }

  /** Does a step that changes nothing. */
  look<T>(step: DiskStep, act: () => T): T {
    if (this.hasCrashed) throw new Crash('after the crash');
    const fault = this.inject(step);
    if (fault === undefined || typeof fault === 'object' || fault === 'skipped') return act();
    if (fault !== 'rot') throw new DiskError('io', `${stepText(step)}: ${fault}`);
    const found = act();
    if (!(found instanceof Uint8Array) || found.length === 0) return found;
    this.#rotted += 7_919;
    const bit = this.#rotted % (found.length * 8);
    found[bit >> 3] = (found[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return found;
  }
}

/** By turns, for tests that leave nothing to chance. */
function alternating(): () => number {
  let turn = 0;
  return () => (turn++ % 2 === 0 ? 0.75 : 0.25);
}

/**
 * A disk in memory that can crash or fail at any of its operations, and that knows what was synced. Counted and named
 * in `steps` are the operations that change something.
 */
export class MemoryDisk implements LedgerDisk {
  readonly #machine: Machine;
  /** What this view's paths begin with in the volume, and in the names of steps. */
  readonly #root: string;
  readonly #label: string;

  private constructor(machine: Machine, root: string, label: string) {
    this.#machine = machine;
    this.#root = root;
    this.#label = label;
  }

  /** An empty disk, seen from the ledger's folder. */
  static empty(): MemoryDisk {
    const volume = new MemoryVolume();
    volume.name('ledger', 'folder');
    volume.syncFolder('');
    return new MemoryDisk(new Machine(volume), 'ledger/', '');
  }

  /** The data folder on the same disk. */
  home(): MemoryDisk {
    return new MemoryDisk(this.#machine, '', HOME);
  }

  get steps(): readonly string[] {
    return this.#machine.steps;
  }

  /** The number of the operation to crash at, from 1; it is not done, but a write is done by half. */
  set crashAt(step: number) {
    this.#machine.crashAt = step;
  }

  get hasCrashed(): boolean {
    return this.#machine.hasCrashed;
  }

  set inject(injection: Injection) {
    this.#machine.inject = injection;
  }

  /** What is found after the machine stopped: a new disk. This one answers no more. */
  restarted(stop: Stop): MemoryDisk {
    const { volume } = this.#machine;
    this.#machine.hasCrashed = true;
    if (stop.kind === 'killed') volume.evict(stop.random);
    const { kind } = stop;
    const found = kind === 'killed' ? volume : volume.afterPowerLoss(() => survives(stop.survives, stop.random));
    return new MemoryDisk(new Machine(found), this.#root, this.#label);
  }

  #at(path: string): string {
    return path === '' || path === '.' ? this.#root.slice(0, -1) : `${this.#root}${path}`;
  }

  #step(operation: DiskStep['operation'], path: string): DiskStep {
    return { operation, path: `${this.#label}${path === '.' ? '' : path}` };
  }

  get #volume(): MemoryVolume {
    return this.#machine.volume;
  }

  #random(): () => number {
    return alternating();
  }

  #write(path: string, bytes: Uint8Array, offset: number, isWhole: boolean): void {
    this.#machine.change(this.#step('write', path), (part) => {
      const file = this.#volume.made(this.#at(path));
      if (isWhole) file.truncate(0);
      file.write(bytes.subarray(0, Math.ceil(bytes.length * part)), offset);
    });
  }

  async createJournal(path: string): Promise<JournalFile> {
    this.#machine.change(this.#step('create', path), () => this.#volume.made(this.#at(path)).truncate(0));
    return {
      write: async (bytes, offset) => this.#write(path, bytes, offset, false),
      sync: async () => this.sync(path),
      truncate: async (bytes) => {
        this.truncate(path, bytes);
        this.sync(path);
      },
      close: async () => undefined,
    };
  }

  async syncFolderLater(folder: string): Promise<void> {
    this.syncFolder(folder);
  }

  makeFolder(folder: string): void {
    if (folder === '.' || this.#machine.sureFolders.has(this.#at(folder))) return;
    const above = folderOf(folder);
    if (above !== '') this.makeFolder(above);
    if (!this.#volume.isFolder(this.#at(folder))) {
      this.#machine.change(this.#step('mkdir', folder), () => this.#volume.name(this.#at(folder), 'folder'));
    }
    this.syncFolder(above);
    this.#machine.sureFolders.add(this.#at(folder));
  }

  /** The files of the ledger. */
  paths(): readonly string[] {
    return this.#volume
      .paths()
      .filter((path) => path.startsWith(this.#root))
      .map((path) => path.slice(this.#root.length));
  }

  list(folder: string): readonly string[] {
    return this.#machine.look(this.#step('list', folder), () => this.#volume.list(this.#at(folder)));
  }

  size(path: string): number | undefined {
    return this.#machine.look(this.#step('stat', path), () => this.#volume.file(this.#at(path))?.bytes.length);
  }

  read(path: string): Uint8Array | undefined {
    return this.#machine.look(this.#step('read', path), () => this.#volume.file(this.#at(path))?.bytes.slice());
  }

  readAt(path: string, offset: number, length: number): Uint8Array | undefined {
    return this.#machine.look(this.#step('read', path), () => {
      const bytes = this.#volume.file(this.#at(path))?.bytes;
      return bytes === undefined || bytes.length < offset + length ? undefined : bytes.slice(offset, offset + length);
    });
  }

  readParts(path: string, parts: readonly FilePart[], into: Uint8Array): boolean {
    let at = 0;
    return parts.every(({ start, end }) => {
      const part = this.readAt(path, start, end - start);
      if (part !== undefined) into.set(part, at);
      at += end - start;
      return part !== undefined;
    });
  }

  writeAt(path: string, bytes: Uint8Array, offset: number): void {
    this.#write(path, bytes, offset, false);
  }

  write(path: string, bytes: Uint8Array): void {
    this.#write(path, bytes, 0, true);
  }

  sync(path: string): void {
    const file = this.#volume.file(this.#at(path));
    this.#machine.change(
      this.#step('sync', path),
      () => file?.sync(),
      () => file?.failSync(this.#random()),
    );
  }

  syncFolder(folder: string): void {
    this.#machine.change(
      this.#step('sync-folder', folder),
      () => this.#volume.syncFolder(this.#at(folder)),
      () => this.#volume.failSyncFolder(this.#at(folder), this.#random()),
    );
  }

  truncate(path: string, bytes: number): void {
    this.#machine.change(this.#step('truncate', path), () => this.#volume.file(this.#at(path))?.truncate(bytes));
  }

  rename(from: string, to: string): void {
    const step = { ...this.#step('rename', from), to: `${this.#label}${to}` };
    this.#machine.change(step, () => this.#volume.rename(this.#at(from), this.#at(to)));
  }

  unlink(path: string): void {
    if (this.#volume.file(this.#at(path)) === undefined) return;
    this.#machine.change(this.#step('unlink', path), () => this.#volume.name(this.#at(path), undefined));
  }

  /** The same files for verification. */
  files(): LedgerFiles {
    const bytesOf = (path: string) => this.#volume.file(this.#at(path))?.bytes;
    return {
      list: async (folder) =>
        this.paths()
          .filter((path) => (folder === '' ? !path.includes('/') : path.startsWith(`${folder}/`)))
          .map((path) => ({ path, bytes: bytesOf(path)?.length ?? 0 })),
      read: async (path) => bytesOf(path)?.slice(),
      readAt: async (path, offset, length) => {
        const bytes = bytesOf(path);
        return bytes === undefined || bytes.length < offset + length ? undefined : bytes.slice(offset, offset + length);
      },
    };
  }

  /** The same files for readers of blocks. */
  blockFiles(): BlockFiles {
    const bytesOf = (path: string) => this.#volume.file(this.#at(path))?.bytes;
    return {
      read: async (path) => bytesOf(path)?.slice(),
      readInto: async (path, offset, into) => {
        const bytes = bytesOf(path);
        if (bytes === undefined) throw new Error(`there is no file ${path}`);
        into.set(bytes.subarray(offset, offset + into.length));
        return bytes.length >= offset + into.length;
      },
    };
  }

  /** The bytes of a file as a test looks at them; counts as no operation. */
  peek(path: string): Uint8Array | undefined {
    return this.#volume.file(this.#at(path))?.bytes;
  }

  /** For tests that damage things; counts as no operation. */
  set(path: string, bytes: Uint8Array | undefined): void {
    const at = this.#at(path);
    if (bytes !== undefined) this.#madeFolders(folderOf(at));
    this.#volume.name(at, bytes === undefined ? undefined : new MemoryFile(bytes));
    this.#volume.syncFolder(folderOf(at));
  }

  #madeFolders(folder: string): void {
    if (this.#volume.isFolder(folder)) return;
    this.#madeFolders(folderOf(folder));
    this.#volume.name(folder, 'folder');
    this.#volume.syncFolder(folderOf(folder));
  }
}

function survives(what: 'all' | 'none' | 'some', random: () => number): boolean {
  return what === 'all' || (what === 'some' && random() < 0.5);
}
