import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { microsFromTimestamp } from '@portledger/format';
import type { BlockManifest } from '@portledger/format';

/** What the manifests say of one segment file. Times are epoch microseconds. */
export type SegmentSummary = {
  readonly class: string;
  /** Its first block, which names the file. */
  readonly segment: number;
  readonly lastBlock: number;
  readonly records: number;
  readonly bytes: number;
  /** Event times. */
  readonly oldestMicros: number;
  readonly newestMicros: number;
  readonly firstSealedMicros: number;
  readonly lastSealedMicros: number;
};

type Growing = { -readonly [K in keyof SegmentSummary]: SegmentSummary[K] } & { readonly frames: Hash };

/** What all manifests of the ledger say of its segments, taken in one after the other. */
export class SegmentCensus {
  readonly #segments = new Map<string, Growing>();
  readonly #lastOf = new Map<string, number>();

  take(manifest: BlockManifest): void {
    const { class: className, segment, block, count, frame_bytes: bytes } = manifest;
    const key = `${className}/${segment}`;
    const first = microsOf(manifest.first_timestamp);
    const last = microsOf(manifest.last_timestamp);
    const sealed = microsOf(manifest.sealed);
    let known = this.#segments.get(key);
    if (known === undefined) {
      const times = { oldestMicros: first, newestMicros: last, firstSealedMicros: sealed, lastSealedMicros: sealed };
      known = {
        class: className,
        segment,
        lastBlock: block,
        records: 0,
        bytes: 0,
        ...times,
        frames: createHash('sha256'),
      };
      this.#segments.set(key, known);
      this.#lastOf.set(className, segment);
    }
    known.lastBlock = block;
    known.records += count;
    known.bytes += bytes;
    known.oldestMicros = Math.min(known.oldestMicros, first);
    known.newestMicros = Math.max(known.newestMicros, last);
    known.lastSealedMicros = Math.max(known.lastSealedMicros, sealed);
    known.frames.update(`${manifest.frame_sha256}\n`);
  }

  /** Every segment there ever was, in the order of their first blocks. */
  segments(): readonly SegmentSummary[] {
    return [...this.#segments.values()];
  }

  of(className: string, segment: number): SegmentSummary | undefined {
    return this.#segments.get(`${className}/${segment}`);
  }

  /** Whether blocks of the class may still be written to this segment. */
  isLastOfClass({ class: className, segment }: SegmentSummary): boolean {
    return this.#lastOf.get(className) === segment;
  }

  /** SHA-256, hex, over the SHA-256 of each of the segment's frames as hex, each followed by a newline. */
  sha256({ class: className, segment }: SegmentSummary): string {
    const known = this.#segments.get(`${className}/${segment}`);
    if (known === undefined) throw new Error(`no segment ${segment} of class ${className}`);
    return known.frames.copy().digest('hex');
  }
}

function microsOf(timestamp: string): number {
  const micros = microsFromTimestamp(timestamp);
  if (micros === undefined) throw new Error(`a manifest has the time ${timestamp}`);
  return micros;
}
