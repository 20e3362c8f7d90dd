import { decodeBase64, encodeBase64 } from './base64.ts';
import { NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX } from './limits.ts';
import { fail, ok, type Result } from './result.ts';
import { ED25519_TYPE, hexOf, isKeyName, type VerifierKey } from './verifier-key.ts';

/** One signature line. `keyId` is 8 lower-case hex digits; `signature` comes after it in the line. */
export type NoteSignature = { readonly name: string; readonly keyId: string; readonly signature: Uint8Array };
/** A note as it stands, nothing of it verified. `text` ends in a newline. */
export type SignedNote = { readonly text: string; readonly signatures: readonly NoteSignature[] };

export type NoteFault = {
  readonly code: 'malformed-note' | 'not-signed-by-key' | 'bad-signature';
  readonly message: string;
};

/** Checks an Ed25519 signature (RFC 8032). Public key 32 bytes, signature 64 bytes. */
export type VerifyEd25519 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean | Promise<boolean>;

const SEPARATOR = '\n\n';
const SIGNATURE_LINE = /^— ([^ ]+) ([A-Za-z0-9+/]+=*)$/;
const ED25519_SIGNATURE_BYTES = 64;

function malformed(what: string): { readonly ok: false; readonly fault: NoteFault } {
  return fail({ code: 'malformed-note', message: `not a signed note: ${what}; fetch it again, byte for byte` });
}

/** Any ASCII control character but the newline. */
function hasControl(text: string): boolean {
  return /[^\n -\uffff]/.test(text);
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  const parts = SIGNATURE_LINE.exec(line);
  const name = parts?.[1] ?? '';
  const bytes = decodeBase64(parts?.[2] ?? '');
  if (bytes === undefined || bytes.length < 5 || !isKeyName(name)) {
    return undefined;
  }
  return { name, keyId: hexOf(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

/** Reads a C2SP signed note strictly: no other white space, nothing after the last newline, canonical base64. */
export function parseNote(note: string): Result<SignedNote, NoteFault> {
  if (note.length > NOTE_BYTES_MAX) {
    return malformed(`it is longer than ${NOTE_BYTES_MAX} characters`);
  }
  if (!note.isWellFormed() || hasControl(note)) {
    return malformed('it holds control characters or broken Unicode');
  }
  const separator = note.lastIndexOf(SEPARATOR);
  if (separator <= 0 || !note.endsWith('\n') || separator === note.length - SEPARATOR.length) {
    return malformed('a text, an empty line and signature lines are needed');
  }
  const lines = note.slice(separator + SEPARATOR.length, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX) {
    return malformed(`it has more than ${NOTE_SIGNATURES_MAX} signatures`);
  }
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === undefined) {
      return malformed('a signature line is not of the form "— name base64"');
    }
    signatures.push(signature);
  }
  return ok({ text: note.slice(0, separator + 1), signatures });
}

/**
 * Writes a signed note. Throws a RangeError where the text has no final newline, or where what it would write is no
 * note (control characters, a name with spaces, no signature).
 */
export function formatNote(note: SignedNote): string {
  let written = `${note.text}\n`;
  for (const { name, keyId, signature } of note.signatures) {
    const bytes = new Uint8Array(4 + signature.length);
    new DataView(bytes.buffer).setUint32(0, Number.parseInt(keyId, 16));
    bytes.set(signature, 4);
    written += `— ${name} ${encodeBase64(bytes)}\n`;
  }
  const read = parseNote(written);
  if (!read.ok || read.value.text !== note.text) {
    throw new RangeError('the text and signatures given do not make a signed note');
  }
  return written;
}

/**
 * Reads a note and verifies it: exactly one line must be signed by `key`, and that one must verify. Lines by other
 * keys are passed over, as signed-note demands. The text may be used only after this.
 */
export async function openNote(
  note: string,
  key: VerifierKey,
  verify: VerifyEd25519,
): Promise<Result<SignedNote, NoteFault>> {
  const parsed = parseNote(note);
  if (!parsed.ok) {
    return parsed;
  }
  const own = parsed.value.signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId);
  const [signature] = own;
  if (signature === undefined || own.length > 1 || key.type !== ED25519_TYPE) {
    return fail({
      code: 'not-signed-by-key',
      message: `exactly one signature by ${key.name} (${key.keyId}) is needed, found ${own.length}; check that the verifier key is the log's`,
    });
  }
  const verified =
    signature.signature.length === ED25519_SIGNATURE_BYTES &&
    (await verify(key.publicKey, new TextEncoder().encode(parsed.value.text), signature.signature));
  if (!verified) {
    return fail({
      code: 'bad-signature',
      message: `the signature by ${key.name} does not verify; the note was altered or is not from that log`,
    });
  }
  return parsed;
}
