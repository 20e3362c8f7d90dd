import type { Batch } from './ledger-shapes.ts';

const KEY = '"timestamp":"';
const TIMESTAMP_BYTES = 27;

/**
 * Least and greatest timestamp of a part of a batch. Canonical lines have their keys in order and escape quotes, so
 * the last `"timestamp":"` of a line is the record's own: a label of that name comes before it.
 */
export function timestampRange(
  batch: Batch,
  from: number,
  to: number,
): { readonly first: string; readonly last: string } {
  const { lines, lineEnds } = batch;
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  let first = '';
  let last = '';
  for (let line = from; line < to; line++) {
    const end = lineEnds[line] ?? 0;
    const at = bytes.lastIndexOf(KEY, end - 1, 'latin1');
    const start = line === 0 ? 0 : (lineEnds[line - 1] ?? 0);
    if (at < start) throw new RangeError(`line ${line} of a batch of ${batch.observer} has no timestamp`);
    const text = bytes.toString('latin1', at + KEY.length, at + KEY.length + TIMESTAMP_BYTES);
    if (first === '' || text < first) first = text;
    if (text > last) last = text;
  }
  return { first, last };
}
