import { TILE_WIDTH, fail, ok } from '@portledger/format';
import type { AddressRange, BlockManifest, ReceiptFault, Result, StreamRange } from '@portledger/format';
import type { PublishedLog } from './published-log.ts';

/** Where a piece of the range stands. */
type Piece = AddressRange & { readonly firstSeq: number };

/** Which records of a block belong to a range of a stream. */
function piecesIn(manifest: BlockManifest, { observer, session, firstSeq, count }: StreamRange): Piece[] {
  const pieces: Piece[] = [];
  let position = 0;
  for (const batch of manifest.batches) {
    const from = Math.max(firstSeq, batch.first_seq);
    const to = Math.min(firstSeq + count, batch.first_seq + batch.count);
    if (from < to && batch.observer === observer && batch.session === session) {
      const start = position + from - batch.first_seq;
      pieces.push({ block: manifest.block, position: start, count: to - from, firstSeq: from });
    }
    position += batch.count;
  }
  return pieces;
}

/** The pieces that follow on one another from the range's first number on, and the number that is still to be found. */
function chain(pieces: readonly Piece[], { firstSeq }: StreamRange): { next: number; ranges: readonly AddressRange[] } {
  const ranges: AddressRange[] = [];
  let next = firstSeq;
  for (const piece of pieces.toSorted((a, b) => a.firstSeq - b.firstSeq)) {
    if (piece.firstSeq !== next) continue;
    const { block, position, count } = piece;
    ranges.push({ block, position, count });
    next += count;
  }
  return { next, ranges };
}

/** The first bundle, from the end, all of whose blocks were sealed before a time: where records of that time may end. */
function lastBundleBefore(log: PublishedLog, bundles: number, time: string): number {
  let low = 0;
  let high = bundles;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const sealed = log.manifests(middle)[0]?.sealed ?? '';
    if (sealed <= time) low = middle + 1;
    else high = middle;
  }
  // A block is sealed at the latest a round after its first record: the bundle found may hold it, and the next.
  return Math.min(bundles - 1, low);
}

/**
 * Finds a range of a stream in the manifests of a published log, which the index is not needed for. What was taken before
 * `received` is looked for from there backwards, and then in what came later.
 */
export function locateRecords(
  log: PublishedLog,
  range: StreamRange,
  received: string,
): Result<readonly AddressRange[], ReceiptFault> {
  const bundles = Math.ceil(log.head().size / TILE_WIDTH);
  const start = lastBundleBefore(log, bundles, received);
  const order = Array.from({ length: bundles }, (_, at) => (at <= start ? start - at : at));
  const pieces: Piece[] = [];
  let found = chain(pieces, range);
  for (const bundle of order) {
    const more = log.manifests(bundle).flatMap((manifest) => piecesIn(manifest, range));
    if (more.length === 0) continue;
    pieces.push(...more);
    found = chain(pieces, range);
    if (found.next === range.firstSeq + range.count) return ok(found.ranges);
  }
  const sealed = bundles === 0 ? '' : (log.manifests(bundles - 1).at(-1)?.sealed ?? '');
  const where = `record ${found.next} of session ${range.session} of ${range.observer}`;
  return sealed <= received
    ? fail({ code: 'not-sealed', message: `${where} is not sealed: the last block was sealed ${sealed || 'never'}` })
    : fail({ code: 'not-found', message: `${where}, which the ledger held when the receipt was given, is not in it` });
}
