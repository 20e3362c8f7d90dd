import type { CaptureEvent, CaptureKind, Owner } from '../capture-event.ts';
import type { SocketFacts, Traffic } from './inet-diag.ts';
import type { Side } from './socket-table.ts';

/** A change of one socket as the poll saw it. */
export type SeenSocket = {
  readonly kind: CaptureKind;
  readonly side: Side;
  readonly timeMicros: number;
  readonly facts: SocketFacts;
  readonly owner?: Owner | undefined;
  readonly traffic?: Traffic | undefined;
  readonly durationMicros?: number | undefined;
  readonly standing?: boolean;
};

/** Turns what one socket sees (local, remote, sent, received) into what happened between source and destination. */
export function captureEvent(seen: SeenSocket, netns: number | undefined): CaptureEvent {
  const { kind, side, timeMicros, facts, owner, traffic, durationMicros } = seen;
  const source = side === 'source' ? facts.local : facts.remote;
  const dest = side === 'source' ? facts.remote : facts.local;
  return {
    kind,
    side,
    timeMicros,
    family: facts.family,
    sourceIp: source.ip,
    sourcePort: source.port,
    destIp: dest.ip,
    destPort: dest.port,
    ...(netns === undefined ? {} : { netns }),
    ...(owner === undefined ? {} : { owner }),
    // Sockets that no process holds any more are listed as root's.
    ...(owner === undefined && facts.inode !== 0 ? { uid: facts.uid } : {}),
    ...(traffic === undefined ? {} : trafficOf(traffic, side)),
    ...(durationMicros === undefined ? {} : { durationMicros }),
    ...(seen.standing === true ? { standing: true } : {}),
  };
}

function trafficOf(traffic: Traffic, side: Side): Partial<CaptureEvent> {
  const { bytesSent, bytesReceived, packetsSent, packetsReceived } = traffic;
  return side === 'source'
    ? { bytesOut: bytesSent, bytesIn: bytesReceived, packetsOut: packetsSent, packetsIn: packetsReceived }
    : { bytesOut: bytesReceived, bytesIn: bytesSent, packetsOut: packetsReceived, packetsIn: packetsSent };
}
