import { readSignedBatch } from '@portledger/format';
import type { Result, SignedBatch } from '@portledger/format';

/** Request header with what the observer signed of the body: base64 of JSON, the members of a manifest's `signed`. */
export const BATCH_HEADER = 'portledger-batch';

/** Reads the header; `undefined` as a value where there is none. */
export function readBatchHeader(
  header: string | readonly string[] | undefined,
): Result<SignedBatch | undefined, string> {
  if (header === undefined) return { ok: true, value: undefined };
  const signed = typeof header === 'string' ? parse(header) : undefined;
  if (signed === undefined)
    return { ok: false, fault: `The header ${BATCH_HEADER} is not of the form that docs/completeness.md describes.` };
  return { ok: true, value: signed };
}

function parse(header: string): SignedBatch | undefined {
  try {
    return readSignedBatch(JSON.parse(Buffer.from(header, 'base64').toString()));
  } catch {
    return undefined;
  }
}
