import { nodeSha1 } from '@portledger/format/node';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ONE_BLOCK_BYTES_MAX, SHA1_BYTES, Sha1Block } from './sha1-block.ts';

test('agrees with the crypto library on everything that fits one block', () => {
  const block = new Sha1Block();
  const hash = new Uint8Array(SHA1_BYTES);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: ONE_BLOCK_BYTES_MAX, size: 'max' }), (message) => {
      block.hash(message, hash);
      expect([...hash]).toEqual([...nodeSha1(message)]);
    }),
    { numRuns: 500 },
  );
});

test('refuses what does not fit', () => {
  const hash = new Uint8Array(SHA1_BYTES);
  expect(() => new Sha1Block().hash(new Uint8Array(ONE_BLOCK_BYTES_MAX + 1), hash)).toThrow('one block');
});
