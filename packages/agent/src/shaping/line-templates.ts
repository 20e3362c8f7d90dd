import type { CaptureEvent } from '../capture/capture-event.ts';
import { TEMPLATE_BYTES_MAX, TEMPLATES_MAX } from '../limits.ts';
import { linePlaces } from './line-places.ts';
import { LineTemplate, measureLine, type LineSizes } from './line-template.ts';

type Kept = { readonly key: number; readonly template: LineTemplate };

/**
 * The newest line of each shape, to make the next one of. A load has few shapes: some owners and ends, times as many
 * as there are lengths of their numbers.
 */
export class LineTemplates {
  readonly #byKey = new Map<number, LineTemplate>();
  readonly #kept: (Kept | undefined)[] = Array.from({ length: TEMPLATES_MAX });
  readonly #bytes = Buffer.alloc(TEMPLATES_MAX * TEMPLATE_BYTES_MAX);
  readonly #sizes: LineSizes = { traffic: 0, rest: 0 };
  #next = 0;

  /** The template that the event's line can be made of. */
  find(event: CaptureEvent, seq: number, micros: number): LineTemplate | undefined {
    const sizes = this.#sizes;
    measureLine(sizes, event, seq);
    const template = this.#byKey.get(keyOf(event, sizes));
    return template?.fits(event, micros, sizes) === true ? template : undefined;
  }

  /** Keeps a line, without newline, that was written anew. */
  learn(event: CaptureEvent, seq: number, micros: number, line: Buffer): void {
    if (line.length > TEMPLATE_BYTES_MAX) return;
    const places = linePlaces(line);
    // Without these it is no line about a connection, or one that names no ends.
    if (places === undefined || places.connectionId < 0 || places.sourceIp < 0) return;
    const place = this.#next;
    this.#next = (place + 1) % TEMPLATES_MAX;
    const before = this.#kept[place];
    if (before !== undefined && this.#byKey.get(before.key) === before.template) this.#byKey.delete(before.key);
    const sizes = this.#sizes;
    measureLine(sizes, event, seq);
    const own = this.#bytes.subarray(place * TEMPLATE_BYTES_MAX, place * TEMPLATE_BYTES_MAX + line.length);
    line.copy(own);
    const template = new LineTemplate(own, places, event, micros, sizes);
    const key = keyOf(event, sizes);
    this.#kept[place] = { key, template };
    this.#byKey.set(key, template);
  }

  /** What the lines were made of has changed. */
  forget(): void {
    this.#byKey.clear();
  }
}

/** Shapes of one key take turns; so it holds what tells apart those that come together. */
function keyOf(event: CaptureEvent, sizes: LineSizes): number {
  const { kind, side, destPort, owner } = event;
  const mixed =
    Math.imul(sizes.traffic, 0x9e3779b1) ^
    Math.imul(sizes.rest, 0x85ebca6b) ^
    Math.imul(destPort + (kind.charCodeAt(0) << 16) + (side.charCodeAt(0) << 24), 0xc2b2ae35) ^
    Math.imul(owner?.pid ?? 0, 0x27d4eb2f);
  return mixed >>> 2;
}
