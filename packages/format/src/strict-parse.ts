import { canonicalLine } from './canonical-line.ts';
import { isJsonObject } from './json-value.ts';
import { LINE_BYTES_MAX } from './limits.ts';
import { recordOf } from './record-check.ts';
import { recordFault, shown, type RecordFault } from './record-fault.ts';
import type { AccessRecord } from './record.ts';
import { fail, ok, type Result } from './result.ts';
import { fitsUtf8 } from './utf8.ts';

function parseJson(line: string): Result<unknown, RecordFault> {
  try {
    const value: unknown = JSON.parse(line);
    return ok(value);
  } catch {
    return fail(recordFault('not-json', undefined, 'the line is not JSON; send one JSON object a line'));
  }
}

/**
 * Reads a record strictly: refuses any line that is not, byte for byte, the canonical line of a valid record. So a
 * line that is taken has one reading, and its hash stands for that.
 */
export function parseLine(line: string): Result<AccessRecord, RecordFault> {
  if (!fitsUtf8(line, LINE_BYTES_MAX)) {
    const message = `the line has more than ${LINE_BYTES_MAX} bytes; shorten its longest fields before sending`;
    return fail(recordFault('line-too-long', undefined, message));
  }
  if (!line.isWellFormed()) {
    return fail(recordFault('broken-unicode', undefined, 'the line is not valid Unicode; send UTF-8'));
  }
  const parsed = parseJson(line);
  if (!parsed.ok) {
    return parsed;
  }
  if (!isJsonObject(parsed.value)) {
    return fail(recordFault('not-an-object', undefined, `the line is ${shown(parsed.value)}; send a JSON object`));
  }
  const record = recordOf(parsed.value);
  if (record.ok && canonicalLine(record.value) !== line) {
    const message = 'the line is not in its canonical form (RFC 8785); send it without spaces, keys sorted, none twice';
    return fail(recordFault('not-canonical', undefined, message));
  }
  return record;
}
