import { OBSERVER_BYTES_MAX, SESSION_BYTES_MAX, isClassName, microsFromTimestamp } from '@portledger/format';
import type { Batch } from './ledger-shapes.ts';

function isStreamName(text: string, bytesMax: number): boolean {
  const isPlain = JSON.stringify(text).length === text.length + 2; // needs no escapes, which bounds the manifest
  return text !== '' && isPlain && text.isWellFormed() && Buffer.byteLength(text) <= bytesMax;
}

/**
 * A batch that is not well formed is the caller's mistake: it throws here, before anything is written, since a
 * manifest made of it could not be read back. The lines themselves are the doors' business.
 */
export function checkBatch(batch: Batch): void {
  const { observer, session, firstSeq, count, lines, lineEnds } = batch;
  if (!isStreamName(observer, OBSERVER_BYTES_MAX))
    throw new RangeError(`no observer's name: ${JSON.stringify(observer)}`);
  if (!isStreamName(session, SESSION_BYTES_MAX)) throw new RangeError(`no session's name: ${JSON.stringify(session)}`);
  if (!isClassName(batch.class)) throw new RangeError(`no retention class: ${JSON.stringify(batch.class)}`);
  if (!Number.isSafeInteger(firstSeq) || firstSeq < 0 || !Number.isSafeInteger(firstSeq + count)) {
    throw new RangeError(`sequence numbers ${firstSeq} + ${count} are out of range`);
  }
  if (count < 1 || lineEnds.length !== count || lineEnds[count - 1] !== lines.length) {
    throw new RangeError(`${count} records with ${lineEnds.length} line ends and ${lines.length} bytes`);
  }
  for (const text of [batch.firstTimestamp, batch.lastTimestamp]) {
    if (microsFromTimestamp(text) === undefined) throw new RangeError(`no timestamp: ${JSON.stringify(text)}`);
  }
}
