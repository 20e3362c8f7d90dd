import { decodeBase64, encodeBase64, fail, ok, type Result } from '@portledger/format';
import { PROOF_LINES_MAX } from './limits.ts';

const HASH_BYTES = 32;

/** The body of an `add-checkpoint` request (C2SP tlog-witness) as it stands, nothing of it verified. */
export type AddCheckpoint = {
  /** Size of the tree from which `proof` leads to the checkpoint's. */
  readonly oldSize: number;
  /** Consistency path (RFC 6962, section 2.1.2), 32 bytes a hash. */
  readonly proof: readonly Uint8Array[];
  /** The checkpoint's signed note, verbatim. */
  readonly checkpoint: string;
};

/** Reads a tree size as the protocol writes it; undefined for any other text, and past the safe integers. */
export function parseSize(text: string): number | undefined {
  const size = Number(text);
  return /^(?:0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(size) ? size : undefined;
}

/** Reads a request's body strictly. The fault says what is wrong with it, for a 400. */
export function parseAddCheckpoint(body: string): Result<AddCheckpoint, string> {
  const end = body.indexOf('\n\n');
  if (end === -1) {
    return fail('no empty line comes before the checkpoint');
  }
  const [first = '', ...lines] = body.slice(0, end).split('\n');
  const oldSize = first.startsWith('old ') ? parseSize(first.slice(4)) : undefined;
  if (oldSize === undefined) {
    return fail('the first line is not "old" and a tree size');
  }
  if (lines.length > PROOF_LINES_MAX) {
    return fail(`there are more than ${PROOF_LINES_MAX} proof lines`);
  }
  const proof = lines.flatMap((line) => {
    const hash = decodeBase64(line);
    return hash?.length === HASH_BYTES ? [hash] : [];
  });
  if (proof.length !== lines.length) {
    return fail('a proof line is not the base64 of one SHA-256 hash');
  }
  return ok({ oldSize, proof, checkpoint: body.slice(end + 2) });
}

/** Writes a request's body. Throws a RangeError on what `parseAddCheckpoint` would not read back. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  const body = `${[`old ${oldSize}`, ...proof.map(encodeBase64)].join('\n')}\n\n${checkpoint}`;
  const read = parseAddCheckpoint(body);
  if (!read.ok) {
    throw new RangeError(`the values given make no add-checkpoint request: ${read.fault}`);
  }
  return body;
}
