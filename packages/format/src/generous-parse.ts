import type { RecordFault } from './record-fault.ts';
import type { AccessRecord, StreamStamp } from './record.ts';
import { fail, type Result } from './result.ts';

export function readRecord(_input: unknown, _stamp: StreamStamp): Result<AccessRecord, RecordFault> {
  return fail({ code: 'not-json', message: 'readRecord is not there yet' });
}
