import type { BlockManifest } from '../manifest.ts';
import { segmentPath } from './ledger-paths.ts';
import type { VerifyLog } from './verify-log.ts';

/** Follows the frames of each class through its segment files: no hole, no overlap, no file out of order. */
export class SegmentChain {
  readonly #current = new Map<string, { segment: number; end: number }>();
  /** Bytes of each segment file that manifests account for. */
  readonly accounted = new Map<string, number>();

  take(manifest: BlockManifest, log: VerifyLog): void {
    const { class: className, block, segment, offset, frame_bytes } = manifest;
    const file = segmentPath(className, segment);
    const place = { file, offset, block };
    const current = this.#current.get(className);
    if (current?.segment === segment) {
      if (offset !== current.end)
        log.find('segment-chain', place, `the frame begins at ${offset}, the one before it ends at ${current.end}`);
    } else if (segment !== block || offset !== 0) {
      log.find('segment-chain', place, `the first frame of segment ${segment} is block ${block} at ${offset}`);
    }
    const end = offset + frame_bytes;
    this.#current.set(className, { segment, end });
    this.accounted.set(file, Math.max(end, this.accounted.get(file) ?? 0));
  }
}
