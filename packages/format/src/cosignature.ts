import { fail, ok, type Result } from './result.ts';
import { parseNote, type NoteFault, type VerifyEd25519 } from './signed-note.ts';
import { COSIGNATURE_TYPE, type VerifierKey } from './verifier-key.ts';

const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

/**
 * Verifies a witness's Ed25519 cosignature of a checkpoint's note (C2SP tlog-cosignature, type 0x04): exactly one line
 * must be by `key`, and verify. Gives the time at which the witness signed, in seconds since the epoch: it says that by
 * then this was the largest tree of that log that it had seen.
 */
export async function verifyCosignature(
  note: string,
  key: VerifierKey,
  verify: VerifyEd25519,
): Promise<Result<{ readonly timeSeconds: number }, NoteFault>> {
  const parsed = parseNote(note);
  if (!parsed.ok) {
    return parsed;
  }
  const own = parsed.value.signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId);
  const [line] = own;
  if (line === undefined || own.length > 1 || key.type !== COSIGNATURE_TYPE) {
    return fail({
      code: 'not-signed-by-key',
      message: `exactly one cosignature by ${key.name} (${key.keyId}) is needed, found ${own.length}; check that the key is the witness's`,
    });
  }
  const { signature } = line;
  const time = signature.length === TIME_BYTES + SIGNATURE_BYTES ? timeOf(signature) : undefined;
  const message = new TextEncoder().encode(`cosignature/v1\ntime ${time ?? 0}\n${parsed.value.text}`);
  const verified = time !== undefined && (await verify(key.publicKey, message, signature.subarray(TIME_BYTES)));
  return verified
    ? ok({ timeSeconds: time })
    : fail({
        code: 'bad-signature',
        message: `the cosignature by ${key.name} does not verify; the note was altered, or it is of another checkpoint`,
      });
}

/** The big-endian 64-bit time before the signature; undefined where it is no safe integer. */
function timeOf(signature: Uint8Array): number | undefined {
  const view = new DataView(signature.buffer, signature.byteOffset, signature.byteLength);
  const time = Number(view.getBigUint64(0));
  return Number.isSafeInteger(time) ? time : undefined;
}
