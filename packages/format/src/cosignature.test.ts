import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCheckpoint } from './checkpoint.ts';
import {
  cosignatureLine,
  cosignatureMessage,
  decodeCosignature,
  encodeCosignature,
  parseCosignatureLine,
  verifyCosignature,
} from './cosignature.ts';
import { nodeSha256, nodeVerifyEd25519 } from './node.ts';
import { parseNote } from './signed-note.ts';
import { COSIGNATURE_TYPE, parseVerifierKey, verifierKey, type VerifierKey } from './verifier-key.ts';

const SUNLIGHT = new URL('../../../../shared/corpora/tlog/sunlight/', import.meta.url).pathname;
const ORIGIN_FOLDER = '000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706';

const pair = generateKeyPairSync('ed25519');
const publicKey = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(12));
const witness = verifierKey(nodeSha256, 'witness.example/w1', publicKey, COSIGNATURE_TYPE);
const TEXT = formatCheckpoint({ origin: 'log.example', size: 7, root: new Uint8Array(32).fill(9), extensions: [] });

function lineAt(timeSeconds: number, text = TEXT, key: VerifierKey = witness, by: KeyObject = pair.privateKey): string {
  const signature = new Uint8Array(sign(null, cosignatureMessage(text, timeSeconds), by));
  return cosignatureLine(key, { timeSeconds, signature });
}

describe('a cosignature', () => {
  test('signs the message of the specification', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    expect(new TextDecoder().decode(cosignatureMessage(text, 1_679_315_147))).toBe(
      `cosignature/v1\ntime 1679315147\n${text}`,
    );
    expect(() => cosignatureMessage(text, -1)).toThrow(RangeError);
    expect(() => cosignatureMessage(text, 2 ** 53)).toThrow(RangeError);
    expect(() => cosignatureMessage('no newline', 1)).toThrow(RangeError);
  });

  test('has the line that Sunlight’s witness wrote, byte for byte', async () => {
    const description: unknown = JSON.parse(readFileSync(`${SUNLIGHT}witness/witness.v0.json`, 'utf8'));
    const [, vkey = ''] = /"verifier_keys":\["([^"]+)"/.exec(JSON.stringify(description)) ?? [];
    const key = parseVerifierKey(nodeSha256, vkey);
    if (!key.ok) throw new Error(key.fault.message);
    expect(verifierKey(nodeSha256, key.value.name, key.value.publicKey, COSIGNATURE_TYPE)).toEqual(key.value);

    const cosigned = readFileSync(`${SUNLIGHT}witness/${ORIGIN_FOLDER}/checkpoint`, 'utf8');
    const line = /— witness\.example\.org .*\n$/.exec(cosigned)?.[0] ?? '';
    const parsed = parseCosignatureLine(line);
    expect(parsed).toMatchObject({ name: 'witness.example.org', keyId: 'b8a2cf20', timeSeconds: 1_767_139_200 });
    expect(parsed === undefined ? '' : cosignatureLine(key.value, parsed)).toBe(line);
    expect(await verifyCosignature(cosigned, key.value, nodeVerifyEd25519)).toEqual({
      ok: true,
      value: { timeSeconds: 1_767_139_200 },
    });
  });

  test('encodes to 72 bytes and reads back', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 64, maxLength: 64 }), (timeSeconds, signature) => {
        const bytes = encodeCosignature({ timeSeconds, signature });
        expect(bytes.length).toBe(72);
        expect(decodeCosignature(bytes)).toEqual({ timeSeconds, signature });
        expect(parseCosignatureLine(cosignatureLine(witness, { timeSeconds, signature }))).toEqual({
          name: witness.name,
          keyId: witness.keyId,
          timeSeconds,
          signature,
        });
      }),
    );
    expect(decodeCosignature(new Uint8Array(71))).toBeUndefined();
    expect(decodeCosignature(new Uint8Array(72).fill(255))).toBeUndefined();
    expect(() => encodeCosignature({ timeSeconds: 0.5, signature: new Uint8Array(64) })).toThrow(RangeError);
    expect(() => encodeCosignature({ timeSeconds: 1, signature: new Uint8Array(63) })).toThrow(RangeError);
  });

  test.each(['', '\n', 'x', `${lineAt(1)}${lineAt(2)}`, lineAt(1).trimEnd(), `a\n\n${lineAt(1)}`, `\n${lineAt(1)}`])(
    'is not read from %j',
    (line) => expect(parseCosignatureLine(line)).toBeUndefined(),
  );

  test('with any bit of it flipped does not verify', async () => {
    const note = new TextEncoder().encode(`${TEXT}\n${lineAt(1_700_000_000)}`);
    for (let bit = 0; bit < note.length * 8; bit += 1) {
      const flipped = Uint8Array.from(note);
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(flipped);
      expect((await verifyCosignature(text, witness, nodeVerifyEd25519)).ok, `bit ${bit}`).toBe(false);
    }
  });

  test('counts with the newest of several, all of which must verify', async () => {
    const twice = `${TEXT}\n${lineAt(30)}${lineAt(20)}`;
    expect(parseNote(twice).ok).toBe(true);
    expect(await verifyCosignature(twice, witness, nodeVerifyEd25519)).toEqual({
      ok: true,
      value: { timeSeconds: 30 },
    });
    const other = generateKeyPairSync('ed25519').privateKey;
    const mixed = `${TEXT}\n${lineAt(30)}${lineAt(20, TEXT, witness, other)}`;
    expect(await verifyCosignature(mixed, witness, nodeVerifyEd25519)).toMatchObject({
      fault: { code: 'bad-signature' },
    });
  });

  test('is no log’s signature: a key of type 1 finds none', async () => {
    const log = verifierKey(nodeSha256, witness.name, publicKey);
    const note = `${TEXT}\n${lineAt(1, TEXT, log)}`;
    const verified = await verifyCosignature(note, log, nodeVerifyEd25519);
    expect(verified).toMatchObject({ ok: false, fault: { code: 'not-signed-by-key' } });
  });
});
