import type { Result } from '@portledger/format';
import type { IncomingHttpHeaders } from 'node:http';
import type { HttpFault } from '../../http/http-fault.ts';
import type { BodyEncoding } from './body-decompression.ts';

/** How a body of records is written: one record a line, or one JSON text. */
type BodyFormat = 'lines' | 'json';
export type BodyForm = { readonly format: BodyFormat; readonly encoding: BodyEncoding | undefined };

const FORMATS: ReadonlyMap<string, BodyFormat> = new Map([
  ['application/x-ndjson', 'lines'],
  ['application/ndjson', 'lines'],
  ['application/jsonl', 'lines'],
  ['application/x-jsonlines', 'lines'],
  ['application/json', 'json'],
]);

/** Reads Content-Type and Content-Encoding. */
export function bodyForm(headers: IncomingHttpHeaders): Result<BodyForm, HttpFault> {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const format = FORMATS.get(type);
  if (format === undefined) {
    const message =
      type === '' ? 'The request names no content type.' : `Content type ${JSON.stringify(type)} is not taken.`;
    return { ok: false, fault: { code: 'content-type-unsupported', message } };
  }
  const named = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  switch (named) {
    case 'identity':
    case '':
      return { ok: true, value: { format, encoding: undefined } };
    case 'gzip':
    case 'x-gzip':
      return { ok: true, value: { format, encoding: 'gzip' } };
    case 'zstd':
      return { ok: true, value: { format, encoding: 'zstd' } };
    default:
      return {
        ok: false,
        fault: {
          code: 'content-encoding-unsupported',
          message: `Content encoding ${JSON.stringify(named)} is not taken.`,
        },
      };
  }
}
