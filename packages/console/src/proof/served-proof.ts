import type { RecordProof } from '@portledger/format';
import { readArray, readInteger, readObject, readText, ShapeError } from '../api/json-reader.ts';

/** Reads the proof as the collector serves it. That it has the right shape says nothing about its truth. */
export function readServedProof(value: unknown): RecordProof {
  const object = readObject(value, 'proof');
  return {
    line: readText(object, 'line'),
    block: readInteger(object, 'block'),
    position: readInteger(object, 'position'),
    block_path: readArray(object['block_path'], 'block_path', readPathNode),
    manifest: readText(object, 'manifest'),
    log_path: readArray(object['log_path'], 'log_path', readPathNode),
    checkpoint: readText(object, 'checkpoint'),
  };
}

function readPathNode(item: unknown): string {
  if (typeof item !== 'string') throw new ShapeError('path: base64 strings were expected');
  return item;
}
