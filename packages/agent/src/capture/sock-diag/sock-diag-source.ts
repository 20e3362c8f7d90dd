import { readFileSync, statSync } from 'node:fs';
import type { Libc } from '../../libc/libc.ts';
import { POLL_INTERVAL_MS } from '../../limits.ts';
import type { ProcessReader } from '../../process/process-reader.ts';
import type { CaptureEvent, Owner } from '../capture-event.ts';
import type { CaptureCounters, CaptureSource } from '../capture-source.ts';
import type { SocketFacts } from './inet-diag.ts';
import { NetlinkTables } from './netlink-tables.ts';
import { ProcTables } from './proc-tables.ts';
import { SocketOwners } from './socket-owners.ts';
import type { SocketTables } from './socket-row.ts';
import { captureEvent, type SeenSocket } from './seen-socket.ts';
import { SocketTable, type PortRange, type Side, type SocketChange, type TrackedSocket } from './socket-table.ts';

export type SockDiagOptions = {
  readonly libc: Libc | undefined;
  readonly processes: ProcessReader;
  readonly pollIntervalMs?: number;
  /** Told what keeps a poll from working, once for each new reason. */
  readonly onFault?: (message: string) => void;
};

/** Kernel default of net.ipv4.ip_local_port_range. */
const EPHEMERAL_DEFAULT: PortRange = [32_768, 60_999];

/** Capture without privileges: polls the kernel's socket tables and tells what changed in between. */
export class SockDiagSource implements CaptureSource {
  readonly mode = 'sock-diag';
  readonly covers: string;
  readonly misses: readonly string[];
  readonly #options: SockDiagOptions;
  readonly #tables: SocketTables;
  readonly #table: SocketTable;
  readonly #owners: SocketOwners;
  readonly #netns: number | undefined;
  #sink: ((event: CaptureEvent) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Owners of the sockets that stand, for their closing. */
  readonly #ownerOf = new Map<string, Owner>();
  #events = 0;
  #polls = 0;
  #failedPolls = 0;
  #lastFault: string | undefined;

  constructor(options: SockDiagOptions) {
    this.#options = options;
    const netlink = options.libc === undefined ? undefined : NetlinkTables.open(options.libc);
    this.#tables = netlink?.ok === true ? netlink.value : new ProcTables();
    this.#table = new SocketTable(ephemeralPorts());
    this.#owners = new SocketOwners(() => performance.now());
    this.#netns = ownNetns();
    const everyMs = options.pollIntervalMs ?? POLL_INTERVAL_MS;
    this.covers = `TCP over IPv4 and IPv6 in this network namespace, looked at every ${everyMs} ms`;
    this.misses = missed(everyMs, this.#tables.from);
  }

  async start(sink: (event: CaptureEvent) => void): Promise<void> {
    this.#sink = sink;
    const fault = this.#poll();
    if (fault !== undefined) throw new Error(`the socket tables cannot be read: ${fault}`);
    this.#timer = setInterval(() => this.#poll(), this.#options.pollIntervalMs ?? POLL_INTERVAL_MS);
  }

  counters(): CaptureCounters {
    const { sockets, timeWait } = this.#table.losses;
    return {
      events: this.#events,
      lost: { 'socket-table-full': sockets, 'time-wait-full': timeWait },
      extra: { polls: this.#polls, polls_failed: this.#failedPolls, sockets: this.#table.size },
    };
  }

  async stop(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#poll();
    this.#sink = undefined;
    this.#tables[Symbol.dispose]();
  }

  #poll(): string | undefined {
    this.#polls += 1;
    const fault = this.#tables.read((row) => this.#table.see(row));
    if (fault !== undefined) {
      this.#table.abandon();
      this.#failedPolls += 1;
      if (fault !== this.#lastFault) this.#options.onFault?.(fault);
      this.#lastFault = fault;
      return fault;
    }
    this.#lastFault = undefined;
    const nowMicros = Date.now() * 1000;
    this.#report(this.#table.finish(nowMicros), nowMicros);
    return undefined;
  }

  #report(changes: readonly SocketChange[], nowMicros: number): void {
    const inodes = new Set<number>();
    for (const change of changes) if (change.kind === 'opened') inodes.add(change.socket.facts.inode);
    const pids = this.#owners.find(inodes);
    for (const change of changes) {
      switch (change.kind) {
        case 'opened':
          this.#opened(change.socket, pids, nowMicros);
          break;
        case 'closed':
          this.#closed(change.socket, nowMicros);
          break;
        case 'passed':
          this.#passed(change.facts, change.side, nowMicros);
          break;
        default:
          change satisfies never;
      }
    }
  }

  #opened(socket: TrackedSocket, pids: ReadonlyMap<number, number>, nowMicros: number): void {
    const { facts, side, listener } = socket;
    const pid = pids.get(facts.inode);
    const owner = pid === undefined ? undefined : this.#owner(pid, facts.uid);
    if (owner !== undefined) this.#ownerOf.set(socket.key, owner);
    const kind = listener ? 'listener-opened' : side === 'source' ? 'initiated' : 'accepted';
    this.#emit({ kind, side, timeMicros: nowMicros, facts, owner, standing: socket.standing });
  }

  #closed(socket: TrackedSocket, nowMicros: number): void {
    const { facts, side, listener, traffic } = socket;
    const owner = this.#ownerOf.get(socket.key);
    this.#ownerOf.delete(socket.key);
    if (listener) {
      this.#emit({ kind: 'listener-closed', side, timeMicros: nowMicros, facts, owner });
      return;
    }
    // How long a connection had stood before capture began is not known.
    const durationMicros = socket.standing ? undefined : nowMicros - socket.firstMicros;
    this.#emit({ kind: 'closed', side, timeMicros: nowMicros, facts, owner, traffic, durationMicros });
  }

  #passed(facts: SocketFacts, side: Side, nowMicros: number): void {
    this.#emit({ kind: side === 'source' ? 'initiated' : 'accepted', side, timeMicros: nowMicros, facts });
    this.#emit({ kind: 'closed', side, timeMicros: nowMicros, facts });
  }

  #owner(pid: number, uid: number): Owner | undefined {
    const details = this.#options.processes.read(pid);
    return details === undefined ? undefined : { ...details, uid: details.uid ?? uid };
  }

  #emit(seen: SeenSocket): void {
    this.#events += 1;
    this.#sink?.(captureEvent(seen, this.#netns));
  }
}

function ephemeralPorts(): PortRange {
  try {
    const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').trim().split(/\s+/);
    const range: PortRange = [Number(first), Number(last)];
    return range.every(Number.isSafeInteger) ? range : EPHEMERAL_DEFAULT;
  } catch {
    return EPHEMERAL_DEFAULT;
  }
}

function ownNetns(): number | undefined {
  try {
    return statSync('/proc/self/ns/net').ino;
  } catch {
    return undefined;
  }
}

function missed(everyMs: number, from: SocketTables['from']): readonly string[] {
  const root = process.getuid?.() === 0;
  return [
    `connections shorter than ${everyMs} ms: only their trace in TIME_WAIT is seen, on the closing side, without process, user and bytes, and nothing at all when they were reset`,
    'connections refused, failed or timed out',
    'connections in other network namespaces, such as those of containers',
    ...(root ? [] : ['the processes of other users (their user id is known): run as root to see them']),
    ...(from === 'proc' ? ['bytes and packets: netlink sock_diag is not permitted here'] : []),
    'bytes sent after the last look before a connection closed',
    'UDP: not yet covered',
  ];
}
