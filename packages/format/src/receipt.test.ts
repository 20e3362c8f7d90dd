import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { nodeSha256, nodeVerifyEd25519 } from './node.ts';
import { readReceipt, type Receipt } from './receipt.ts';
import { redeemReceipt, type RecordPlace } from './redeem-receipt.ts';
import { fail, ok } from './result.ts';

const given = {
  origin: 'example.org/ledger',
  received: '2026-11-22T14:36:49.123456Z',
  count: 3,
  lines_sha256: 'ab'.repeat(32),
  records: [
    { block: 7, position: 8_190, count: 2 },
    { block: 8, position: 0, count: 1 },
  ],
};

const held = { line: 2, observer: 'web-1', session: 's', first_seq: 40, count: 1 };

function redeem(receipt: Receipt, prove: (places: readonly RecordPlace[]) => void) {
  return redeemReceipt(receipt, {
    vkey: '',
    hash: nodeSha256,
    linesHash: () => createHash('sha256'),
    verifyEd25519: nodeVerifyEd25519,
    prove: async (places) => {
      prove(places);
      return fail({ code: 'not-sealed', message: 'later' });
    },
    locate: async ({ session, firstSeq, count }) =>
      session === 'gone' ? fail({ code: 'not-found', message: 'gone' }) : ok([{ block: 3, position: firstSeq, count }]),
  });
}

describe('a receipt', () => {
  test('is read by itself and from the answer that holds it', () => {
    const { lines_sha256: linesSha256, ...rest } = given;
    expect(readReceipt(given)).toEqual({ ok: true, value: { ...rest, linesSha256, duplicates: [] } });
    expect(readReceipt({ accepted: 3, receipt: given })).toEqual(readReceipt(given));
  });

  test.each([
    ['null', null],
    ['a list', [given]],
    ['an empty object', {}],
    ['an answer without a receipt', { receipt: null }],
    ['no log', { ...given, origin: undefined }],
    ['no time', { ...given, received: 3 }],
    ['a hash of another length', { ...given, lines_sha256: 'ab' }],
    ['a hash in upper case', { ...given, lines_sha256: 'AB'.repeat(32) }],
    ['no addresses', { ...given, records: undefined }],
    ['an address that is none', { ...given, records: [{ block: 1 }] }],
    ['a negative count', { ...given, records: [{ block: 1, position: 0, count: -1 }] }],
    ['more than a block holds', { ...given, count: 9_000, records: [{ block: 1, position: 0, count: 9_000 }] }],
    ['fewer records than addresses', { ...given, count: 2 }],
    ['more records than addresses', { ...given, count: 4 }],
    ['duplicates that are none', { ...given, count: 4, duplicates: [{ line: 3, count: 1 }] }],
    ['duplicates past its end', { ...given, count: 4, duplicates: [{ ...held, line: 4 }] }],
    ['duplicates out of order', { ...given, count: 5, duplicates: [held, { ...held, line: 2 }] }],
    ['nothing', { ...given, count: 0, records: [] }],
  ])('is not read from %s', (_what, input) => {
    expect(readReceipt(input)).toMatchObject({ ok: false, fault: { code: 'malformed-receipt' } });
  });

  test('asks for its places in order, and hands on why there is no proof', async () => {
    const receipt = readReceipt(given);
    if (!receipt.ok) throw new Error(receipt.fault.message);
    const asked: RecordPlace[] = [];
    const redeemed = await redeem(receipt.value, (places) => asked.push(...places));
    expect(redeemed).toEqual({ ok: false, fault: { code: 'not-sealed', message: 'later' } });
    expect(asked.map(({ block, position }) => `${block}:${position}`)).toEqual(['7:8190', '7:8191', '8:0']);
  });

  test('asks for no more at once than is answered', async () => {
    const records = Array.from({ length: 40 }, (_, block) => ({ block, position: 0, count: 1 }));
    const receipt = readReceipt({ ...given, count: 40, records });
    if (!receipt.ok) throw new Error(receipt.fault.message);
    await redeem(receipt.value, (places) => expect(places.length).toBe(32));
    const long = readReceipt({ ...given, count: 300, records: [{ block: 1, position: 0, count: 300 }] });
    if (!long.ok) throw new Error(long.fault.message);
    await redeem(long.value, (places) => expect(places.length).toBe(256));
  });

  test('asks for duplicates in their place among the lines, where they are found by number', async () => {
    const receipt = readReceipt({ ...given, count: 5, duplicates: [held, { ...held, line: 4, first_seq: 41 }] });
    if (!receipt.ok) throw new Error(receipt.fault.message);
    const asked: RecordPlace[] = [];
    await redeem(receipt.value, (places) => asked.push(...places));
    expect(asked.map(({ block, position }) => `${block}:${position}`)).toEqual([
      '7:8190',
      '7:8191',
      '3:40',
      '8:0',
      '3:41',
    ]);
  });

  test('whose duplicates are not found is never a pass', async () => {
    const receipt = readReceipt({
      ...given,
      count: 1,
      records: [],
      duplicates: [{ ...held, line: 0, session: 'gone' }],
    });
    if (!receipt.ok) throw new Error(receipt.fault.message);
    const redeemed = await redeem(receipt.value, () => expect.unreachable());
    expect(redeemed).toEqual({ ok: false, fault: { code: 'not-found', message: 'gone' } });
  });
});
