import { decodeBase64 } from '../base64.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { isJsonObject } from '../json-value.ts';
import { parseManifest } from '../manifest.ts';
import { leafHash } from '../merkle-node.ts';
import { verifyInclusion } from '../merkle-verification.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Hash } from '../sha256.ts';
import { parseLine } from '../strict-parse.ts';

/** Records of one block that are proven to stand in the log. */
export type ProvenBlock = { readonly block: number; readonly positions: readonly number[] };

const utf8 = new TextEncoder();

function hashes(value: unknown): readonly Uint8Array[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const bytes = value.map((text: unknown) => (typeof text === 'string' ? decodeBase64(text) : undefined));
  const read = bytes.filter((hash) => hash !== undefined);
  return read.length === bytes.length ? read : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Verifies the proof of some records of one block, as the API gives it (`blocks` of a record set proof), under a checkpoint
 * that was verified before. Any input may be hostile.
 */
export function provenBlock(text: string, checkpoint: Checkpoint, hash: Hash): Result<ProvenBlock, string> {
  const input = parsed(text);
  if (!isJsonObject(input) || typeof input['manifest'] !== 'string' || !Array.isArray(input['records']))
    return fail('the line is no proof of records of one block');
  const manifest = parseManifest(input['manifest']);
  if (!manifest.ok) return fail(manifest.fault.message);
  const { block, count, root } = manifest.value;
  const logPath = hashes(input['log_path']);
  const leaf = leafHash(hash, utf8.encode(input['manifest']));
  const { size, root: logRoot } = checkpoint;
  if (
    logPath === undefined ||
    !verifyInclusion(hash, { leafHash: leaf, index: block, size, path: logPath, root: logRoot })
  )
    return fail(`the manifest is not entry ${block} of the log: it was altered, or is another's`);
  const positions: number[] = [];
  for (const record of input['records']) {
    const { position, line, path } = isJsonObject(record) ? record : {};
    const blockPath = hashes(path);
    const blockRoot = decodeBase64(root);
    if (typeof position !== 'number' || typeof line !== 'string' || blockPath === undefined || blockRoot === undefined)
      return fail(`a record of block ${block} can't be read`);
    const proof = {
      leafHash: leafHash(hash, utf8.encode(line)),
      index: position,
      size: count,
      path: blockPath,
      root: blockRoot,
    };
    if (!verifyInclusion(hash, proof) || !parseLine(line).ok)
      return fail(`record ${position} of block ${block} is not what was sealed there`);
    positions.push(position);
  }
  return positions.length === 0 ? fail('the line proves no record') : ok({ block, positions });
}
