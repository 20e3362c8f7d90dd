import { timestampFromMicros } from '@portledger/format';
import type { CaptureEvent } from '../capture/capture-event.ts';
import { TEMPLATE_AGE_MAX_MICROS } from '../limits.ts';
import { digitsOf, putDigits, putPadded } from './digits.ts';
import type { LinePlaces } from './line-places.ts';

const MICROS_PER_SECOND = 1_000_000;
/** `2026-11-22T14:36:49.`, then six digits and `Z`. */
const SECOND_CHARACTERS = 20;
const FRACTION_DIGITS = 6;

/** How long each of the members is that differ between lines of one shape, packed into two words. */
export type LineSizes = { traffic: number; rest: number };

/** Puts the lengths of an event's numbers into `sizes`. A record's integers have at most 16 digits. */
export function measureLine(sizes: LineSizes, event: CaptureEvent, seq: number): void {
  sizes.traffic =
    digitsOf(event.bytesIn) |
    (digitsOf(event.bytesOut) << 5) |
    (digitsOf(event.durationMicros) << 10) |
    (digitsOf(event.packetsIn) << 15) |
    (digitsOf(event.packetsOut) << 20);
  sizes.rest = digitsOf(seq) | (digitsOf(event.sourcePort) << 5) | (event.sourceIp.length << 10);
}

/**
 * A finished line and the event it tells. The next line of the same shape is made by writing over the places that
 * differ: times, ports, counts, the caller's address, the connection's id. What lines of one shape share stands as it is.
 */
export class LineTemplate {
  /** Without newline; the next `fill` writes over it. */
  readonly line: Buffer;
  readonly places: LinePlaces;
  readonly #event: CaptureEvent;
  readonly #micros: number;
  readonly #traffic: number;
  readonly #rest: number;
  #sourceIp: string;
  #second: number;

  /** @param micros the time that the line tells */
  constructor(line: Buffer, places: LinePlaces, event: CaptureEvent, micros: number, sizes: LineSizes) {
    this.line = line;
    this.places = places;
    this.#event = event;
    this.#micros = micros;
    this.#traffic = sizes.traffic;
    this.#rest = sizes.rest;
    this.#sourceIp = event.sourceIp;
    this.#second = Math.floor(micros / MICROS_PER_SECOND);
  }

  /** The caller's address as the line tells it now. */
  get sourceIp(): string {
    return this.#sourceIp;
  }

  /** Whether the event's line has this shape and about the same time; of the caller's address only the length counts. */
  fits(event: CaptureEvent, micros: number, sizes: LineSizes): boolean {
    const own = this.#event;
    return (
      sizes.traffic === this.#traffic &&
      sizes.rest === this.#rest &&
      event.kind === own.kind &&
      event.side === own.side &&
      event.owner === own.owner &&
      event.destPort === own.destPort &&
      event.destIp === own.destIp &&
      event.netns === own.netns &&
      event.reason === own.reason &&
      event.standing === own.standing &&
      event.uid === own.uid &&
      Math.abs(micros - this.#micros) <= TEMPLATE_AGE_MAX_MICROS
    );
  }

  /** Makes it the line of an event that fits, but for the connection's id. */
  fill(event: CaptureEvent, seq: number, micros: number): void {
    const { line, places } = this;
    if (places.bytesIn >= 0) putDigits(line, places.bytesIn, event.bytesIn ?? 0);
    if (places.bytesOut >= 0) putDigits(line, places.bytesOut, event.bytesOut ?? 0);
    if (places.duration >= 0) putDigits(line, places.duration, event.durationMicros ?? 0);
    if (places.packetsIn >= 0) putDigits(line, places.packetsIn, event.packetsIn ?? 0);
    if (places.packetsOut >= 0) putDigits(line, places.packetsOut, event.packetsOut ?? 0);
    putDigits(line, places.seq, seq);
    putDigits(line, places.sourcePort, event.sourcePort);
    this.#putSourceIp(event.sourceIp);
    this.#putTime(micros);
  }

  #putSourceIp(sourceIp: string): void {
    if (sourceIp === this.#sourceIp) return;
    this.#sourceIp = sourceIp;
    this.line.write(sourceIp, this.places.sourceIp, 'latin1');
  }

  #putTime(micros: number): void {
    const { line, places } = this;
    const second = Math.floor(micros / MICROS_PER_SECOND);
    if (second !== this.#second) {
      this.#second = second;
      line.write(timestampFromMicros(second * MICROS_PER_SECOND), places.timestamp, SECOND_CHARACTERS, 'latin1');
    }
    const end = places.timestamp + SECOND_CHARACTERS + FRACTION_DIGITS;
    putPadded(line, end, micros - second * MICROS_PER_SECOND, FRACTION_DIGITS);
  }
}
