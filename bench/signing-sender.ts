import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { batchSigningInput, batchStatementHash, observerKeyId, observerKeyProofInput } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';

const SPKI_PREFIX_BYTES = 12;

/** A sender that signs its bodies, each after the other, as an agent does. */
export class SigningSender {
  readonly observer: string;
  readonly session: string;
  readonly #pair = generateKeyPairSync('ed25519');
  readonly #publicKey: Uint8Array;
  #next = 0;
  #previous: string | undefined;

  constructor(observer: string, session: string) {
    this.observer = observer;
    this.session = session;
    this.#publicKey = this.#pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX_BYTES);
  }

  /** Body that asks for a token of its own. */
  tokenBody(): Uint8Array {
    return Buffer.from(JSON.stringify({ name: this.observer, role: 'ingest', observer: this.observer }));
  }

  /** Body that registers its key. */
  keyBody(): Uint8Array {
    const proof = sign(null, observerKeyProofInput(this.observer, this.#publicKey), this.#pair.privateKey);
    const key = Buffer.from(this.#publicKey).toString('base64');
    return Buffer.from(JSON.stringify({ key, proof: proof.toString('base64') }));
  }

  /** What a body of canonical lines goes out with. */
  headers(body: Uint8Array): Readonly<Record<string, string>> {
    const unsigned = {
      count: lineCount(body),
      first_seq: this.#next,
      key: observerKeyId(nodeSha256, this.#publicKey),
      lines_sha256: createHash('sha256').update(body).digest('hex'),
      ...(this.#previous === undefined ? {} : { previous: this.#previous }),
    };
    const signature = sign(null, batchSigningInput(this, unsigned), this.#pair.privateKey).toString('base64');
    const signed = { ...unsigned, signature };
    this.#next += unsigned.count;
    this.#previous = batchStatementHash(nodeSha256, this, signed);
    return { 'portledger-batch': Buffer.from(JSON.stringify(signed)).toString('base64') };
  }
}

function lineCount(body: Uint8Array): number {
  let lines = 0;
  for (let at = body.indexOf(0x0a); at !== -1; at = body.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}
