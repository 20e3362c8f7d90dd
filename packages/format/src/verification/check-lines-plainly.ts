import type { BatchEntry } from '../manifest.ts';
import { parseLine } from '../strict-parse.ts';
import { SpanMeter, isMarked } from './batch-span.ts';
import type { Mark } from './batch-span.ts';
import { FAULTS_TOLD_MAX } from './lines-check.ts';
import type { LineFault, LinesCheck } from './lines-check.ts';

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
  const marks: Mark[] = [];
  const meters = batches.map(() => new SpanMeter());
  const streams = batches.flatMap((batch, at) =>
    Array.from({ length: batch.count }, (_, place) => ({ batch, place, meter: meters[at] })),
  );
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
    const { batch, place, meter } = stream;
    const record = parsed.value;
    const expected = batch.first_seq + place;
    if (record.seq !== expected || record.session !== batch.session || record.observer !== batch.observer) {
      const message = `observer, session or seq differ from the manifest, which says seq ${expected}`;
      faults.push({ code: 'line-stream', line, message });
    }
    meter?.time(record.timestamp);
    if (record.action === 'heartbeat') meter?.heartbeat(record);
    if (isMarked(record.action)) marks.push({ line, record });
  });
  return { faults: faults.slice(0, FAULTS_TOLD_MAX), spans: meters.map((meter) => meter.span()), marks };
}
