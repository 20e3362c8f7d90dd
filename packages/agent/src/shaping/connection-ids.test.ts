import { communityId, ipText } from '@portledger/format';
import { nodeSha1 } from '@portledger/format/node';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectionIds } from './connection-ids.ts';

const ends = (bytes: number) =>
  fc.record({
    sourceIp: fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(ipText),
    destIp: fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(ipText),
    sourcePort: fc.nat(65_535),
    destPort: fc.nat(65_535),
  });

/** ipText writes mapped IPv6 as IPv4, so drawing 16 bytes may seldom mix the families. */
const sameFamily = (tuple: { sourceIp: string; destIp: string }) =>
  tuple.sourceIp.includes(':') === tuple.destIp.includes(':');

test('agrees with the format, both ways round, first and again', () => {
  const ids = new ConnectionIds();
  fc.assert(
    fc.property(fc.oneof(ends(4), ends(16)).filter(sameFamily), (tuple) => {
      const expected = communityId({ protocol: 6, ...tuple }, nodeSha1);
      const { sourceIp, sourcePort, destIp, destPort } = tuple;
      expect(ids.id(tuple)).toBe(expected);
      expect(ids.id(tuple)).toBe(expected);
      expect(ids.id({ sourceIp: destIp, sourcePort: destPort, destIp: sourceIp, destPort: sourcePort })).toBe(expected);
    }),
    { numRuns: 1_000 },
  );
});

test('same ports between other hosts have another id', () => {
  const ids = new ConnectionIds();
  const tuple = { sourceIp: '192.0.2.1', sourcePort: 5, destIp: '192.0.2.2', destPort: 6 };
  const first = ids.id(tuple);
  expect(ids.id({ ...tuple, destIp: '192.0.2.3' })).not.toBe(first);
  expect(ids.id(tuple)).toBe(first);
});

test('ends of two families, or no addresses, have none', () => {
  const tuple = { sourceIp: '192.0.2.1', sourcePort: 1, destIp: '::1', destPort: 2 };
  expect(new ConnectionIds().id(tuple)).toBeUndefined();
  expect(new ConnectionIds().id({ ...tuple, destIp: 'x' })).toBeUndefined();
});
