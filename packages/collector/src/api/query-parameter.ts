import type { Result } from '@portledger/format';
import type { SearchFault } from '../followers/index/record-index.ts';
import type { HttpFault } from '../http/http-fault.ts';
import { parseQuery } from '../query/parse-query.ts';
import type { Query } from '../query/query.ts';

/** Reads the `q` parameter; its fault says where in the text and what to write instead. */
export function readQuery(text: string | undefined, nowMicros: number): Result<Query, HttpFault> {
  const parsed = parseQuery(text ?? '', { now: nowMicros });
  if (parsed.ok) return parsed;
  const { position, message, hint, code } = parsed.fault;
  const details = { position, kind: code, ...(hint === undefined ? {} : { hint }) };
  return {
    ok: false,
    fault: { code: 'query-invalid', message, details, ...(hint === undefined ? {} : { remedy: hint }) },
  };
}

/** The index's faults as the API tells them. */
export function searchFault(fault: SearchFault): HttpFault {
  switch (fault.code) {
    case 'bad-cursor':
      return { code: 'cursor-invalid', message: fault.message };
    case 'bad-limit':
      return { code: 'request-invalid', message: fault.message };
    case 'bad-field':
      return { code: 'field-unknown', message: fault.message };
    case 'busy':
      return { code: 'too-many-queries' };
    case 'timeout':
    case 'too-big':
      return { code: 'query-too-costly', message: fault.message };
    case 'unavailable':
      return { code: 'index-unavailable', message: fault.message };
    default:
      return fault.code satisfies never;
  }
}
