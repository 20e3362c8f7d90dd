import { TIMESTAMP_MICROS_END, timestampFormatter, type TimestampFormatter } from '@portledger/format';
import type { CaptureEvent, CaptureKind } from '../capture/capture-event.ts';
import type { OwnerCache } from './owner-cache.ts';
import type { ConnectionIds } from './connection-ids.ts';
import type { HostAddresses } from './host-addresses.ts';
import { integerMember } from './line-text.ts';
import type { LineTemplate } from './line-template.ts';
import { LineTemplates } from './line-templates.ts';
import type { ListenerServices } from './listener-services.ts';
import type { OwnerFragments } from './owner-fragments.ts';
import type { StreamMembers } from './stream-members.ts';

/** How each kind of event begins its line, and the outcome it stands for. */
const KINDS: Readonly<
  Record<CaptureKind, { readonly head: string; readonly outcome: string; readonly listener: boolean }>
> = {
  initiated: kind('connection-initiated', 'success'),
  accepted: kind('connection-accepted', 'success'),
  refused: kind('connection-refused', 'failure'),
  failed: kind('connection-failed', 'failure'),
  closed: kind('connection-closed', 'success'),
  'listener-opened': kind('listener-opened', 'success', true),
  'listener-closed': kind('listener-closed', 'success', true),
};

function kind(action: string, outcome: string, listener = false) {
  return { head: `{"action":"${action}",`, outcome: `"outcome":"${outcome}",`, listener };
}

export type CaptureLineParts = {
  readonly stream: StreamMembers;
  readonly owners: OwnerCache;
  readonly addresses: HostAddresses;
  readonly connectionIds: ConnectionIds;
  readonly listeners: ListenerServices;
};

/**
 * Writes the canonical line of a captured event. This is the agent's hot path: most lines are made of the one before of
 * the same shape by writing over what differs. Those that are written anew are put together of finished parts in
 * canonical order, so that no object is built and no key sorted. Property tests hold both to `parseLine` and to one
 * another.
 */
export class CaptureLines {
  readonly #parts: CaptureLineParts;
  readonly #templates = new LineTemplates();
  readonly #timestamp: TimestampFormatter = timestampFormatter();

  constructor(parts: CaptureLineParts) {
    this.#parts = parts;
  }

  /** The line without newline, good until the next; `seq` is its place in the stream. */
  line(event: CaptureEvent, seq: number): Uint8Array {
    const micros = recordTime(event.timeMicros);
    const template = this.#templates.find(event, seq, micros);
    if (template !== undefined && this.#fill(template, event, seq, micros)) return template.line;
    const line = Buffer.from(this.text(event, seq));
    this.#templates.learn(event, seq, micros, line);
    return line;
  }

  /** False where the shared part of the template is not this event's. */
  #fill(template: LineTemplate, event: CaptureEvent, seq: number, micros: number): boolean {
    const { addresses, connectionIds } = this.#parts;
    const { line, places, sourceIp } = template;
    if (
      event.sourceIp !== sourceIp &&
      addresses.direction(event) !== addresses.direction({ side: event.side, sourceIp, destIp: event.destIp })
    ) {
      return false;
    }
    if (!connectionIds.put(event, line, places.connectionId)) return false;
    template.fill(event, seq, micros);
    return true;
  }

  /** The same line, written anew. */
  text(event: CaptureEvent, seq: number): string {
    const { stream, owners } = this.#parts;
    const { head, outcome, listener } = KINDS[event.kind];
    const owner = owners.fragments(event);
    const onSource = event.side === 'source';
    const destService = onSource ? this.#calledService(event) : owner.destServiceMember;
    if (listener) this.#learnListener(event, owner);
    const connectionId = listener ? undefined : this.#parts.connectionIds.id(event);
    return (
      head +
      integerMember('bytes_in', event.bytesIn) +
      integerMember('bytes_out', event.bytesOut) +
      owner.cgroup +
      (connectionId === undefined ? '' : `"connection_id":"${connectionId}",`) +
      owner.container +
      `"dest_ip":"${event.destIp}","dest_port":${event.destPort},` +
      destService +
      (listener ? '' : `"direction":"${this.#parts.addresses.direction(event)}",`) +
      integerMember('duration_us', event.durationMicros) +
      owner.exe +
      (event.standing === true ? owner.labelsStanding : owner.labels) +
      (event.netns === undefined ? '' : `"netns":"${event.netns}",`) +
      stream.observer +
      outcome +
      integerMember('packets_in', event.packetsIn) +
      integerMember('packets_out', event.packetsOut) +
      owner.process +
      '"protocol":"tcp",' +
      (event.reason === undefined ? '' : `"reason":"${event.reason}",`) +
      `"seq":${seq},` +
      (onSource ? owner.serviceMember : '') +
      stream.session +
      (listener ? '' : `"src_ip":"${event.sourceIp}","src_port":${event.sourcePort},`) +
      `"timestamp":"${this.#timestamp(recordTime(event.timeMicros))}",` +
      owner.user +
      '"v":1}'
    );
  }

  #calledService(event: CaptureEvent): string {
    return this.#parts.listeners.member(event.destIp, event.destPort, event.netns);
  }

  #learnListener(event: CaptureEvent, owner: OwnerFragments): void {
    const { destIp, destPort, netns } = event;
    if (event.kind === 'listener-opened') {
      this.#parts.listeners.opened(destIp, destPort, netns, owner.destServiceMember);
    } else {
      this.#parts.listeners.closed(destIp, destPort, netns);
    }
    this.#templates.forget();
  }
}

/** A clock that was never set must not stop the stream. */
function recordTime(micros: number): number {
  if (!(micros >= 0)) return 0;
  return Math.min(Math.floor(micros), TIMESTAMP_MICROS_END - 1);
}
