import type { CaptureEvent, CaptureKind } from '../capture/capture-event.ts';
import { AddressTexts } from './address-text.ts';
import { closingReason, failureReason, type Ending } from './ending.ts';
import { FLAG, KIND, SOCKET, TCP_STATE, wide } from './event-layout.ts';
import { ListenerOwners } from './listener-owners.ts';
import type { ProcessTable } from './process-table.ts';
import type { WallClock } from './wall-clock.ts';

type Sink = (event: CaptureEvent) => void;
type Draft = { -readonly [K in keyof CaptureEvent]: CaptureEvent[K] };

const NS_PER_MICRO = 1_000;

/**
 * Turns socket events into what the agent records. Most connections come as one event at their end, which becomes
 * two here: the opening with its own time, then the closing.
 */
export class SocketEvents {
  readonly #processes: ProcessTable;
  readonly #clock: WallClock;
  readonly #sink: Sink;
  readonly #addresses = new AddressTexts();
  readonly #listeners = new ListenerOwners();
  /** Handed to the sink since the start. */
  handed = 0;
  /** Of those, the ones whose process is known to the kernel, but not (or no more) described to us. */
  undescribed = 0;

  constructor(processes: ProcessTable, clock: WallClock, sink: Sink) {
    this.#processes = processes;
    this.#clock = clock;
    this.#sink = sink;
  }

  /** Hands over what the event at this word tells. */
  expand(words: Uint32Array, at: number): void {
    const head = words[at + SOCKET.head] ?? 0;
    const flags = (head >>> 16) & 255;
    switch (head & 255) {
      case KIND.closed:
        return this.#closed(words, at, flags);
      case KIND.opened:
        return this.opened(words, at, false);
      case KIND.failed:
        return this.#failed(words, at);
      case KIND.turnedAway:
        return this.#hand({
          ...this.#draft(words, at, 'refused', false, wide(words, at + SOCKET.time)),
          reason: 'refused',
        });
      case KIND.standing:
        return this.#standing(words, at, head >>> 24);
      case KIND.listening:
        return this.#hand(this.#listener(words, at, 'listener-opened'));
      case KIND.listenerClosed:
        return this.#hand(this.#listener(words, at, 'listener-closed'));
    }
  }

  /** Hands over the opening of a connection; `untaken`: it may be that no process has taken it from its listener. */
  opened(words: Uint32Array, at: number, untaken: boolean): void {
    const active = isActive(words, at);
    const draft = this.#draft(words, at, active ? 'initiated' : 'accepted', active, wide(words, at + SOCKET.start));
    if (untaken && !active) draft.reason = 'not-accepted';
    this.#hand(draft);
  }

  #closed(words: Uint32Array, at: number, flags: number): void {
    const active = (flags & FLAG.active) !== 0;
    const draft = this.#draft(words, at, 'closed', active, wide(words, at + SOCKET.time));
    if ((flags & FLAG.told) === 0) {
      const startMicros = this.#clock.epochMicros(wide(words, at + SOCKET.start));
      this.#hand(openingOf(draft, startMicros, !active && (flags & FLAG.accepted) === 0));
    }
    this.#putTraffic(draft, words, at);
    if (endedOrderly(words, at, flags)) return this.#hand(draft);
    const { reason, resetBySelf } = closingReason(ending(words, at));
    if (reason !== undefined) draft.reason = reason;
    if (resetBySelf !== undefined) draft.resetBy = resetBySelf === active ? 'source' : 'destination';
    this.#hand(draft);
  }

  #failed(words: Uint32Array, at: number): void {
    const end = ending(words, at);
    const reason = failureReason(end);
    const kind = reason === 'refused' ? 'refused' : 'failed';
    const draft = this.#draft(words, at, kind, true, wide(words, at + SOCKET.time));
    draft.reason = reason;
    putDuration(draft, words, at);
    this.#hand(draft);
  }

  #standing(words: Uint32Array, at: number, state: number): void {
    if (state === TCP_STATE.listen) return this.#hand(this.#listener(words, at, 'listener-opened'));
    const active = isActive(words, at);
    this.#hand(this.#draft(words, at, active ? 'initiated' : 'accepted', active, wide(words, at + SOCKET.time)));
  }

  #listener(words: Uint32Array, at: number, kind: CaptureKind): Draft {
    const draft = this.#draft(words, at, kind, false, wide(words, at + SOCKET.time));
    const { netns = 0, destIp, destPort, owner } = draft;
    if (owner !== undefined) this.#listeners.opened(netns, destIp, destPort, owner);
    draft.sourceIp = draft.family === 4 ? '0.0.0.0' : '::';
    draft.sourcePort = 0;
    return draft;
  }

  #draft(words: Uint32Array, at: number, kind: CaptureKind, active: boolean, timeNs: number): Draft {
    const head = words[at + SOCKET.head] ?? 0;
    const family = ((head >>> 8) & 255) === 6 ? 6 : 4;
    const ports = words[at + SOCKET.ports] ?? 0;
    const localIp = this.#addresses.text(words, at + SOCKET.local, family);
    const remoteIp = this.#addresses.text(words, at + SOCKET.remote, family);
    const localPort = hostPort(ports & 0xffff);
    const remotePort = hostPort(ports >>> 16);
    const draft: Draft = {
      kind,
      side: active ? 'source' : 'destination',
      timeMicros: this.#clock.epochMicros(timeNs),
      family,
      sourceIp: active ? localIp : remoteIp,
      sourcePort: active ? localPort : remotePort,
      destIp: active ? remoteIp : localIp,
      destPort: active ? remotePort : localPort,
      netns: words[at + SOCKET.netns] ?? 0,
    };
    const owner = this.#processes.owner(words[at + SOCKET.process] ?? 0);
    if (owner !== undefined) draft.owner = owner;
    else if ((words[at + SOCKET.tgid] ?? 0) !== 0) this.undescribed++;
    else if (!active) this.#putListenerOwner(draft);
    if (((head >>> 16) & FLAG.standing) !== 0) draft.standing = true;
    return draft;
  }

  #putListenerOwner(draft: Draft): void {
    const owner = this.#listeners.owner(draft.netns ?? 0, draft.destIp, draft.destPort, draft.family);
    if (owner !== undefined) draft.owner = owner;
  }

  #putTraffic(draft: Draft, words: Uint32Array, at: number): void {
    const sent = wide(words, at + SOCKET.bytesSent);
    const received = wide(words, at + SOCKET.bytesReceived);
    const packetsSent = words[at + SOCKET.packetsSent] ?? 0;
    const packetsReceived = words[at + SOCKET.packetsReceived] ?? 0;
    const active = draft.side === 'source';
    draft.bytesOut = active ? sent : received;
    draft.bytesIn = active ? received : sent;
    draft.packetsOut = active ? packetsSent : packetsReceived;
    draft.packetsIn = active ? packetsReceived : packetsSent;
    putDuration(draft, words, at);
  }

  #hand(event: CaptureEvent): void {
    this.handed++;
    this.#sink(event);
  }
}

/** The opening that a closing tells as well. */
function openingOf(closing: Draft, timeMicros: number, untaken: boolean): Draft {
  const opening: Draft = {
    kind: closing.side === 'source' ? 'initiated' : 'accepted',
    side: closing.side,
    timeMicros,
    family: closing.family,
    sourceIp: closing.sourceIp,
    sourcePort: closing.sourcePort,
    destIp: closing.destIp,
    destPort: closing.destPort,
    netns: closing.netns ?? 0,
  };
  if (closing.owner !== undefined) opening.owner = closing.owner;
  if (untaken) opening.reason = 'not-accepted';
  return opening;
}

/** By far the most: taken by a process, no error, both sides or this one said goodbye (FIN). */
function endedOrderly(words: Uint32Array, at: number, flags: number): boolean {
  const state = (words[at + SOCKET.head] ?? 0) >>> 24;
  const error = (words[at + SOCKET.ending] ?? 0) & 255;
  const taken = (flags & (FLAG.active | FLAG.accepted | FLAG.standing)) !== 0;
  return taken && error === 0 && state !== TCP_STATE.established && state !== TCP_STATE.closeWait;
}

function isActive(words: Uint32Array, at: number): boolean {
  return (((words[at + SOCKET.head] ?? 0) >>> 16) & FLAG.active) !== 0;
}

/** The start is 0 where the connection stood before capture began. */
function putDuration(draft: Draft, words: Uint32Array, at: number): void {
  const start = wide(words, at + SOCKET.start);
  if (start === 0) return;
  draft.durationMicros = Math.max(0, Math.floor((wide(words, at + SOCKET.time) - start) / NS_PER_MICRO));
}

function ending(words: Uint32Array, at: number): Ending {
  const head = words[at + SOCKET.head] ?? 0;
  const word = words[at + SOCKET.ending] ?? 0;
  return {
    flags: (head >>> 16) & 255,
    state: head >>> 24,
    error: word & 255,
    shutdown: (word >>> 8) & 255,
    localPort: (words[at + SOCKET.ports] ?? 0) & 0xffff,
  };
}

function hostPort(networkOrder: number): number {
  return ((networkOrder & 255) << 8) | (networkOrder >>> 8);
}
