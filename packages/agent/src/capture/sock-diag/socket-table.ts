import { SOCKETS_MAX, TIME_WAIT_MAX } from '../../limits.ts';
import { TCP_STATE, type SocketFacts, type Traffic } from './inet-diag.ts';
import type { SocketRow } from './socket-row.ts';

export type Side = 'source' | 'destination';

/** A socket that stood at the latest poll. */
export type TrackedSocket = {
  readonly key: string;
  readonly tuple: string;
  readonly facts: SocketFacts;
  readonly side: Side;
  readonly listener: boolean;
  readonly firstMicros: number;
  readonly standing: boolean;
  traffic: Traffic | undefined;
  poll: number;
};

export type SocketChange =
  | { readonly kind: 'opened' | 'closed'; readonly socket: TrackedSocket }
  /** Opened and closed between two polls: only its TIME_WAIT entry was seen. */
  | { readonly kind: 'passed'; readonly facts: SocketFacts; readonly side: Side };

type FreshSocket = {
  readonly key: string;
  readonly tuple: string;
  readonly facts: SocketFacts;
  readonly traffic: Traffic | undefined;
};

export type TableLosses = { sockets: number; timeWait: number };

/** Local ports from which the kernel picks for connecting sockets: [first, last]. */
export type PortRange = readonly [number, number];

/** Turns polls into changes. Pure: rows and times come in, changes come out. */
export class SocketTable {
  readonly losses: TableLosses = { sockets: 0, timeWait: 0 };
  readonly #ephemeral: PortRange;
  readonly #known = new Map<string, TrackedSocket>();
  /** Tuples of #known connections and how many hold them (a tuple can be met twice while an old socket lingers). */
  readonly #tuples = new Map<string, number>();
  readonly #listeners = new Map<number, Map<string, number>>();
  /** TIME_WAIT tuples already accounted for → poll that saw them last. */
  readonly #timeWait = new Map<string, number>();
  #poll = 0;
  #fresh: FreshSocket[] = [];
  /** Connections that no process has accepted yet; they are told one poll later, when their owner may be known. */
  #waiting = new Map<string, FreshSocket>();
  #unaccepted: ReadonlyMap<string, FreshSocket> = new Map();
  #passing: { tuple: string; facts: SocketFacts }[] = [];
  #timeWaitSeen = 0;

  constructor(ephemeral: PortRange) {
    this.#ephemeral = ephemeral;
  }

  get size(): number {
    return this.#known.size;
  }

  see(row: SocketRow): void {
    const { state } = row;
    if (state === TCP_STATE.timeWait) return this.#seeTimeWait(row);
    if (state === TCP_STATE.close) return;
    const known = this.#known.get(row.key);
    if (known !== undefined) {
      known.poll = this.#poll;
      if (!known.listener) known.traffic = row.traffic() ?? known.traffic;
      return;
    }
    if (this.#known.size + this.#fresh.length >= SOCKETS_MAX) {
      this.losses.sockets += 1;
      return;
    }
    const fresh = { key: row.key, tuple: row.tuple, facts: row.facts(), traffic: row.traffic() };
    if (awaitsAccept(fresh.facts) && !this.#unaccepted.has(row.key)) this.#waiting.set(row.key, fresh);
    else this.#fresh.push(fresh);
  }

  #seeTimeWait(row: SocketRow): void {
    const { tuple } = row;
    this.#timeWaitSeen += 1;
    const accounted = this.#timeWait.has(tuple) || this.#tuples.has(tuple);
    if (!accounted && this.#timeWaitSeen > TIME_WAIT_MAX) {
      this.losses.timeWait += 1;
      return;
    }
    this.#timeWait.set(tuple, this.#poll);
    // What is in TIME_WAIT as capture begins has ended before it.
    if (!accounted && this.#poll > 0) this.#passing.push({ tuple, facts: row.facts() });
  }

  /** Ends the poll. Openings come before closings, listeners before connections, so that sides are judged rightly. */
  finish(nowMicros: number): SocketChange[] {
    const changes: SocketChange[] = [];
    const standing = this.#poll === 0;
    this.#fresh.sort((a, b) => Number(isListener(b.facts)) - Number(isListener(a.facts)));
    for (const { key, tuple, facts, traffic } of this.#fresh) {
      const listener = isListener(facts);
      if (listener) this.#countListener(facts, 1);
      const side = this.#sideOf(facts);
      const socket = { key, tuple, facts, side, listener, firstMicros: nowMicros, standing, traffic, poll: this.#poll };
      this.#known.set(key, socket);
      if (!listener) this.#tuples.set(tuple, (this.#tuples.get(tuple) ?? 0) + 1);
      changes.push({ kind: 'opened', socket });
    }
    for (const { tuple, facts } of this.#passing) {
      if (!this.#tuples.has(tuple)) changes.push({ kind: 'passed', facts, side: this.#sideOf(facts) });
    }
    for (const [key, { tuple, facts }] of this.#unaccepted) {
      if (this.#known.has(key) || this.#waiting.has(key) || this.#timeWait.has(tuple)) continue;
      changes.push({ kind: 'passed', facts, side: this.#sideOf(facts) });
    }
    for (const socket of this.#known.values()) {
      if (socket.poll === this.#poll) continue;
      this.#forget(socket);
      changes.push({ kind: 'closed', socket });
    }
    for (const [tuple, poll] of this.#timeWait) if (poll !== this.#poll) this.#timeWait.delete(tuple);
    this.#fresh = [];
    this.#passing = [];
    this.#unaccepted = this.#waiting;
    this.#waiting = new Map();
    this.#timeWaitSeen = 0;
    this.#poll += 1;
    return changes;
  }

  /** Abandons a poll that failed half way: what it did not see must not count as closed. */
  abandon(): void {
    for (const socket of this.#known.values()) socket.poll = this.#poll;
    for (const tuple of this.#timeWait.keys()) this.#timeWait.set(tuple, this.#poll);
    this.#fresh = [];
    this.#passing = [];
    this.#waiting = new Map(this.#unaccepted);
    this.#timeWaitSeen = 0;
  }

  #forget(socket: TrackedSocket): void {
    this.#known.delete(socket.key);
    if (socket.listener) return this.#countListener(socket.facts, -1);
    const left = (this.#tuples.get(socket.tuple) ?? 1) - 1;
    if (left > 0) this.#tuples.set(socket.tuple, left);
    else this.#tuples.delete(socket.tuple);
  }

  #countListener(facts: SocketFacts, by: number): void {
    const { ip, port } = facts.local;
    const addresses = this.#listeners.get(port) ?? new Map<string, number>();
    const count = (addresses.get(ip) ?? 0) + by;
    if (count > 0) addresses.set(ip, count);
    else addresses.delete(ip);
    if (addresses.size > 0) this.#listeners.set(port, addresses);
    else this.#listeners.delete(port);
  }

  /**
   * A socket whose local end is a listener's address was accepted. Where the listener is gone already, the port range
   * that connecting sockets draw from tells.
   */
  #sideOf(facts: SocketFacts): Side {
    if (isListener(facts)) return 'destination';
    const { local, remote } = facts;
    const addresses = this.#listeners.get(local.port);
    if (addresses?.has(local.ip) === true || addresses?.has('::') === true) return 'destination';
    if (facts.family === 4 && addresses?.has('0.0.0.0') === true) return 'destination';
    const drawn = (port: number): boolean => port >= this.#ephemeral[0] && port <= this.#ephemeral[1];
    return !drawn(local.port) && drawn(remote.port) ? 'destination' : 'source';
  }
}

function isListener(facts: SocketFacts): boolean {
  return facts.state === TCP_STATE.listen;
}

/** Established but without an inode: it lies in the listener's accept queue. */
function awaitsAccept(facts: SocketFacts): boolean {
  return facts.inode === 0 && facts.state === TCP_STATE.established;
}
