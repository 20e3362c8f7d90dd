import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts';

const HASH = 'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=';

describe('an add-checkpoint request', () => {
  test('is read as in the specification', () => {
    const checkpoint = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— x y\n';
    const body = `old 20852014\n${HASH}\n${HASH}\n\n${checkpoint}`;
    const read = parseAddCheckpoint(body);
    const hash = new Uint8Array(Buffer.from(HASH, 'base64'));
    expect(read).toEqual({ ok: true, value: { oldSize: 20_852_014, proof: [hash, hash], checkpoint } });
    expect(read.ok && formatAddCheckpoint(read.value)).toBe(body);
  });

  test('reads back as it was written', () => {
    const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 });
    fc.assert(
      fc.property(fc.maxSafeNat(), hashes, fc.string(), (oldSize, proof, checkpoint) => {
        const request = { oldSize, proof, checkpoint };
        expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual({ ok: true, value: request });
      }),
    );
  });

  test.each([
    '',
    'old 1',
    'old 1\n',
    '\n\nx',
    'old\n\nx',
    'old \n\nx',
    'old 01\n\nx',
    'old -1\n\nx',
    'old 1e3\n\nx',
    'old 9007199254740992\n\nx',
    'old  1\n\nx',
    'Old 1\n\nx',
    'old 1\r\n\r\nx',
    `old 1\n${HASH.slice(0, -1)}\n\nx`,
    `old 1\n${HASH.replace('w=', 'x=')}\n\nx`,
    `old 1\n ${HASH}\n\nx`,
    `old 1\nAAAA\n\nx`,
    `old 1\n${`${HASH}\n`.repeat(64)}\nx`,
  ])('is not read from %j', (body) => {
    expect(parseAddCheckpoint(body).ok).toBe(false);
  });

  test('cannot be written with what no reader takes', () => {
    expect(() => formatAddCheckpoint({ oldSize: -1, proof: [], checkpoint: '' })).toThrow(RangeError);
    expect(() => formatAddCheckpoint({ oldSize: 1, proof: [new Uint8Array(31)], checkpoint: '' })).toThrow(RangeError);
  });
});
