import { canonicalJson } from './canonical-json.ts';
import type { AccessRecord } from './record.ts';

/**
 * What `canonicalLine` of canonical-line.ts does, by RFC 8785 as it stands and not spelled out field by field for speed.
 * The single-file verifier has this one; a test holds the two together.
 */
export function canonicalLine(record: AccessRecord): string {
  return canonicalJson(record);
}
