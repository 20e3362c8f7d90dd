import type { RecordFault } from './record-fault.ts';
import type { AccessRecord } from './record.ts';
import { fail, type Result } from './result.ts';

export function parseLine(_line: string): Result<AccessRecord, RecordFault> {
  return fail({ code: 'not-json', message: 'parseLine is not there yet' });
}
