import { encodeBase64 } from './base64.ts';
import { fail, ok, type Result } from './result.ts';
import { parseNote, type NoteFault, type NoteSignature, type SignedNote, type VerifyEd25519 } from './signed-note.ts';
import { COSIGNATURE_TYPE, type VerifierKey } from './verifier-key.ts';

const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

/**
 * A `timestamped_signature` of C2SP tlog-cosignature with Ed25519: as of `timeSeconds` since the epoch, the cosigned
 * tree was the largest of its log that the cosigner had seen. `signature` is 64 bytes.
 */
export type Cosignature = { readonly timeSeconds: number; readonly signature: Uint8Array };

/**
 * What a cosigner signs (tlog-cosignature, "Ed25519 signed message"): header and time line, then the text of the
 * checkpoint's note, extension lines and final newline included. Throws a RangeError on a time that is no whole,
 * safe, non-negative number of seconds, and on a text without its final newline.
 */
export function cosignatureMessage(text: string, timeSeconds: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 0 || !text.endsWith('\n')) {
    throw new RangeError(`no cosignature can be made at ${timeSeconds} over a text of ${text.length} characters`);
  }
  return new TextEncoder().encode(`cosignature/v1\ntime ${timeSeconds}\n${text}`);
}

/** Big-endian time and signature, 72 bytes. Throws a RangeError where either cannot be written so. */
export function encodeCosignature({ timeSeconds, signature }: Cosignature): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 0 || signature.length !== SIGNATURE_BYTES) {
    throw new RangeError(`no cosignature has time ${timeSeconds} and ${signature.length} bytes of signature`);
  }
  const bytes = new Uint8Array(TIME_BYTES + SIGNATURE_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timeSeconds));
  bytes.set(signature, TIME_BYTES);
  return bytes;
}

/** Reads what `encodeCosignature` writes; undefined on any other length, or a time past the safe integers. */
export function decodeCosignature(bytes: Uint8Array): Cosignature | undefined {
  if (bytes.length !== TIME_BYTES + SIGNATURE_BYTES) {
    return undefined;
  }
  const timeSeconds = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0));
  return Number.isSafeInteger(timeSeconds) ? { timeSeconds, signature: bytes.slice(TIME_BYTES) } : undefined;
}

/** The signature line of a cosignature, em dash to newline. */
export function cosignatureLine(key: VerifierKey, cosignature: Cosignature): string {
  const encoded = encodeCosignature(cosignature);
  const bytes = new Uint8Array(KEY_ID_BYTES + encoded.length);
  new DataView(bytes.buffer).setUint32(0, Number.parseInt(key.keyId, 16));
  bytes.set(encoded, KEY_ID_BYTES);
  return `— ${key.name} ${encodeBase64(bytes)}\n`;
}

/** Reads one line written by `cosignatureLine`, final newline included; nothing of it is verified. */
export function parseCosignatureLine(
  line: string,
): ({ readonly name: string; readonly keyId: string } & Cosignature) | undefined {
  // A signature line has no reader of its own: it is read as that of a note with any text.
  const note = parseNote(`.\n\n${line}`);
  const [signature, ...others] = note.ok ? note.value.signatures : [];
  const cosignature = signature === undefined ? undefined : decodeCosignature(signature.signature);
  if (
    signature === undefined ||
    cosignature === undefined ||
    others.length > 0 ||
    !note.ok ||
    note.value.text !== '.\n'
  ) {
    return undefined;
  }
  return { name: signature.name, keyId: signature.keyId, ...cosignature };
}

/** Whether a signature line is by that key: name and key id together say so (signed-note, "Signatures"). */
export function isSignatureOf(key: VerifierKey, { name, keyId }: NoteSignature): boolean {
  return name === key.name && keyId === key.keyId;
}

/**
 * Verifies the cosignatures by one key in a note already read. There must be one at least, and each by this key must
 * verify; of several the newest counts. Only the cosigner is verified by this, not the log.
 */
export async function openCosignature(
  note: SignedNote,
  key: VerifierKey,
  verify: VerifyEd25519,
): Promise<Result<Cosignature, NoteFault>> {
  const own = key.type === COSIGNATURE_TYPE ? note.signatures.filter((line) => isSignatureOf(key, line)) : [];
  let newest: Cosignature | undefined;
  for (const line of own) {
    const cosignature = decodeCosignature(line.signature);
    const verified =
      cosignature !== undefined &&
      (await verify(key.publicKey, cosignatureMessage(note.text, cosignature.timeSeconds), cosignature.signature));
    if (!verified) {
      return fail({
        code: 'bad-signature',
        message: `the cosignature by ${key.name} does not verify; the note was altered, or it is of another checkpoint`,
      });
    }
    newest = newest !== undefined && newest.timeSeconds >= cosignature.timeSeconds ? newest : cosignature;
  }
  return newest === undefined
    ? fail({
        code: 'not-signed-by-key',
        message: `no cosignature by ${key.name} (${key.keyId}) was found; check that the key is the witness's, of type ${COSIGNATURE_TYPE}`,
      })
    : ok(newest);
}

/** Reads a note and verifies a witness's cosignature in it (type 0x04): see `openCosignature`. */
export async function verifyCosignature(
  note: string,
  key: VerifierKey,
  verify: VerifyEd25519,
): Promise<Result<{ readonly timeSeconds: number }, NoteFault>> {
  const parsed = parseNote(note);
  if (!parsed.ok) {
    return parsed;
  }
  const opened = await openCosignature(parsed.value, key, verify);
  return opened.ok ? ok({ timeSeconds: opened.value.timeSeconds }) : opened;
}
