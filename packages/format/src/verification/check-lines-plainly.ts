import type { BatchEntry } from '../manifest.ts';
import { parseLine } from '../strict-parse.ts';
import type { LineFault, LinesCheck } from './check-lines.ts';

/** Faults told of one block; the first ones show what happened. */
const FAULTS_MAX = 8;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text that is written with exactly these bytes; undefined where they are not UTF-8. */
function exactText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * What `checkLines` of check-lines.ts does, written to be read instead of to be fast: each line is parsed as JSON, held to
 * its schema and written again. The single-file verifier has this one; a test holds the two together.
 */
export function checkLines(lines: Uint8Array, lineEnds: Uint32Array, batches: readonly BatchEntry[]): LinesCheck {
  const faults: LineFault[] = [];
  const timestamps: string[] = [];
  const streams = batches.flatMap((batch) => Array.from({ length: batch.count }, (_, place) => ({ batch, place })));
  lineEnds.forEach((end, line) => {
    const stream = streams[line];
    if (stream === undefined) return;
    const bytes = lines.subarray(line === 0 ? 0 : lineEnds[line - 1], end - 1);
    const text = exactText(bytes);
    const parsed = parseLine(text ?? new TextDecoder().decode(bytes));
    if (!parsed.ok || text === undefined) {
      const message = parsed.ok ? 'the line is not canonical' : parsed.fault.message;
      faults.push({ code: 'line-not-canonical', line, message });
      return;
    }
    const { observer, session, seq, timestamp } = parsed.value;
    const { batch, place } = stream;
    const expected = batch.first_seq + place;
    if (seq !== expected || session !== batch.session || observer !== batch.observer) {
      const message = `observer, session or seq differ from the manifest, which says seq ${expected}`;
      faults.push({ code: 'line-stream', line, message });
    }
    timestamps.push(timestamp);
  });
  timestamps.sort();
  return { faults: faults.slice(0, FAULTS_MAX), first: timestamps[0], last: timestamps.at(-1) };
}
