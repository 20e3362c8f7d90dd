import { HASH_BYTES } from './limits.ts';
import type { Hash } from './sha256.ts';

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** Hash of a leaf (RFC 6962, section 2.1): one zero byte, then the leaf's own bytes. */
export function leafHash(hash: Hash, bytes: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(bytes.length + 1);
  prefixed[0] = LEAF_PREFIX;
  prefixed.set(bytes, 1);
  return hash(prefixed);
}

/**
 * A leaf hasher over ranges of a buffer, for hashing a block's lines without an allocation a line.
 * The input buffer is reused, so `hash` must not keep what it is given.
 */
export function leafHasher(hash: Hash): (bytes: Uint8Array, start: number, end: number) => Uint8Array {
  let scratch = new Uint8Array(1024);
  return (bytes, start, end) => {
    const length = end - start + 1;
    if (scratch.length < length) {
      scratch = new Uint8Array(length * 2);
    }
    scratch[0] = LEAF_PREFIX;
    scratch.set(bytes.subarray(start, end), 1);
    return hash(scratch.subarray(0, length));
  };
}

/** Hash of an inner node (RFC 6962, section 2.1): a byte of one, then both children. */
export function nodeHash(hash: Hash, left: Uint8Array, right: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + HASH_BYTES * 2);
  prefixed[0] = NODE_PREFIX;
  prefixed.set(left, 1);
  prefixed.set(right, 1 + HASH_BYTES);
  return hash(prefixed);
}
