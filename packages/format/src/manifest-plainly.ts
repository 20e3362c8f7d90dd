import { decodeBase64 } from './base64.ts';
import { canonicalJson } from './canonical-json.ts';
import { isJsonObject, type JsonValue } from './json-value.ts';
import type { BatchEntry, BlockManifest, ManifestFault } from './manifest.ts';
import { fail, ok, type Result } from './result.ts';
import { microsFromTimestamp } from './timestamps.ts';

/** Retention classes name folders too: lower-case letters, digits and hyphens, at most 64, no hyphen first. */
export function isClassName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(text);
}

function isCount(value: unknown, min = 0): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min;
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && microsFromTimestamp(value) !== undefined;
}

function isBatch(value: unknown): value is BatchEntry {
  if (!isJsonObject(value)) return false;
  const { observer, session, first_seq: first, count, received } = value;
  return (
    typeof observer === 'string' &&
    typeof session === 'string' &&
    isCount(first) &&
    isCount(count, 1) &&
    isTime(received)
  );
}

function isManifest(value: unknown): value is BlockManifest & JsonValue {
  if (!isJsonObject(value) || value['v'] !== 1 || typeof value['class'] !== 'string') return false;
  const { block, count, payload_bytes: payload, segment, offset, frame_bytes: frame, batches } = value;
  const { root, frame_sha256: sha256, first_timestamp: first, last_timestamp: last, sealed } = value;
  if (!isClassName(value['class']) || !Array.isArray(batches) || !batches.every(isBatch)) return false;
  if (typeof root !== 'string' || decodeBase64(root)?.length !== 32) return false;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return false;
  if (!isCount(block) || !isCount(segment) || segment > block || !isCount(offset)) return false;
  const counted = batches.reduce((sum, batch) => sum + batch.count, 0);
  return (
    isCount(count, 1) &&
    counted === count &&
    isCount(payload, 1) &&
    isCount(frame, 1) &&
    [first, last, sealed].every(isTime)
  );
}

/** What `parseManifest` of manifest.ts does, in short, for the single-file verifier: bounds are not looked at again. */
export function parseManifest(text: string): Result<BlockManifest, ManifestFault> {
  try {
    const value: unknown = JSON.parse(text);
    if (isManifest(value) && canonicalJson(value) === text) return ok(value);
  } catch {
    // not JSON: no manifest
  }
  return fail({ code: 'malformed-manifest', message: 'the manifest is malformed, or not in its canonical form' });
}
