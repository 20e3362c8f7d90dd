import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { fail, ok, type Result } from './result.ts';
import type { Hash } from './sha256.ts';
import { openNote, parseNote, type VerifyEd25519 } from './signed-note.ts';
import { ED25519_TYPE, formatVerifierKey, parseVerifierKey, type VerifierKey } from './verifier-key.ts';

const PREDECESSOR = 'portledger/predecessor ';
const SUCCESSOR = 'portledger/successor ';

/** From the tree of `size` on, `to` signs for the log in place of `from`, which said so itself. */
export type KeyHandover = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly from: VerifierKey;
  readonly to: VerifierKey;
};

export type HandoverFault = { readonly code: 'malformed-handover' | 'bad-handover'; readonly message: string };

/** A key and the sizes of the trees whose checkpoints it signed: from `fromSize` to `toSize`, both included. */
export type KeySpan = { readonly key: VerifierKey; readonly fromSize: number; readonly toSize?: number };

/**
 * The text that both keys sign: a checkpoint whose extension lines name them. A checkpoint alone would not do, for anyone
 * can add a signature of their own to one that the old key has signed.
 */
export function handoverText({ size, root, from, to }: KeyHandover): string {
  const extensions = [PREDECESSOR + formatVerifierKey(from), SUCCESSOR + formatVerifierKey(to)];
  return formatCheckpoint({ origin: from.name, size, root, extensions });
}

function malformed(what: string): { readonly ok: false; readonly fault: HandoverFault } {
  return fail({ code: 'malformed-handover', message: `not a handover of a log's key: ${what}` });
}

/** Reads a handover's note and verifies that both keys named in it signed it. Whether `from` is trusted is the caller's question. */
export async function openHandover(
  note: string,
  hash: Hash,
  verify: VerifyEd25519,
): Promise<Result<KeyHandover, HandoverFault>> {
  const parsed = parseNote(note);
  const head = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
  if (head?.ok !== true) return malformed('it is no signed checkpoint');
  const { origin, size, root, extensions } = head.value;
  const from = namedKey(hash, PREDECESSOR, extensions[0]);
  const to = namedKey(hash, SUCCESSOR, extensions[1]);
  if (from === undefined || to === undefined || extensions.length !== 2) return malformed('it does not name two keys');
  if (from.name !== origin || to.name !== origin) return malformed('its keys are not of one log');
  for (const key of [from, to]) {
    const opened = await openNote(note, key, verify);
    if (!opened.ok) return fail({ code: 'bad-handover', message: opened.fault.message });
  }
  return ok({ size, root, from, to });
}

function namedKey(hash: Hash, prefix: string, line: string | undefined): VerifierKey | undefined {
  const key = line?.startsWith(prefix) === true ? parseVerifierKey(hash, line.slice(prefix.length)) : undefined;
  return key?.ok === true && key.value.type === ED25519_TYPE ? key.value : undefined;
}

/**
 * The keys that a log went on to sign with, from one that is trusted: that one first, the current one last. Handovers are
 * notes in the order of their numbers (`ledger/keys/<6 digits>.note`); those before the trusted key are passed over. Each
 * is of a tree that the log must still contain: comparing `root` is left to whoever has the tree.
 */
export async function followHandovers(
  trusted: VerifierKey,
  notes: readonly string[],
  hash: Hash,
  verify: VerifyEd25519,
): Promise<Result<{ readonly spans: readonly KeySpan[]; readonly handovers: readonly KeyHandover[] }, HandoverFault>> {
  const handovers: KeyHandover[] = [];
  const spans: KeySpan[] = [];
  let key = trusted;
  let fromSize = 0;
  for (const note of notes) {
    const opened = await openHandover(note, hash, verify);
    if (!opened.ok) return opened;
    const { from, to, size } = opened.value;
    if (formatVerifierKey(from) !== formatVerifierKey(key)) {
      if (handovers.length === 0) continue; // from before the key that is trusted
      return fail({ code: 'bad-handover', message: `a handover is by ${from.keyId}, not by ${key.keyId} before it` });
    }
    if (size < fromSize)
      return fail({ code: 'bad-handover', message: 'a handover is of a smaller tree than the one before' });
    spans.push({ key, fromSize, toSize: size });
    handovers.push(opened.value);
    key = to;
    fromSize = size;
  }
  return ok({ spans: [...spans, { key, fromSize }], handovers });
}
