import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { batchSigningInput, batchStatementHash, observerKeyId, observerKeyProofInput } from '@portledger/format';
import type { SeenCheckpoint, SignedBatch } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { Answer, TestCollector } from './test-collector.ts';
import { sampleLines } from './test-collector.ts';

const SPKI_PREFIX_BYTES = 12;

/** What a test says otherwise than an honest observer would. */
export type Otherwise = Partial<Omit<SignedBatch, 'signature'>> & {
  /** The key that signs; by default the observer's own. */
  readonly signer?: KeyObject;
  /** The body that is sent; by default the one that was signed. */
  readonly body?: string;
};

/** An observer with a key, as tests of the collector need it: it signs whatever it is told to. */
export class SigningObserver {
  readonly observer: string;
  readonly session: string;
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array;
  readonly keyId: string;
  /** Hash of the statement that was sent last. */
  last: string | undefined;

  constructor(observer: string, session = 'session-1') {
    this.observer = observer;
    this.session = session;
    const pair = generateKeyPairSync('ed25519');
    this.privateKey = pair.privateKey;
    this.publicKey = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX_BYTES));
    this.keyId = observerKeyId(nodeSha256, this.publicKey);
  }

  /** Registers the key with a token of role ingest or enrol. */
  enrol(collector: TestCollector, token: string): Promise<Answer> {
    const proof = sign(null, observerKeyProofInput(this.observer, this.publicKey), this.privateKey);
    const body = JSON.stringify({
      key: Buffer.from(this.publicKey).toString('base64'),
      proof: proof.toString('base64'),
    });
    const headers = { 'content-type': 'application/json' };
    return collector.call('/v1/observers/key', { method: 'POST', token, body, headers });
  }

  /** Signs a body of canonical lines and goes on in the chain. */
  sign(body: string, firstSeq: number, count: number, otherwise: Otherwise = {}): SignedBatch {
    const { signer, body: _body, ...said } = otherwise;
    const unsigned = {
      count,
      first_seq: firstSeq,
      key: this.keyId,
      lines_sha256: createHash('sha256').update(body).digest('hex'),
      ...(this.last === undefined ? {} : { previous: this.last }),
      ...said,
    };
    const signature = sign(null, batchSigningInput(this, unsigned), signer ?? this.privateKey).toString('base64');
    return { ...unsigned, signature };
  }

  /** Sends records `firstSeq` to `firstSeq + count - 1`; the chain goes on from there when they are taken. */
  async send(
    collector: TestCollector,
    token: string,
    firstSeq: number,
    count: number,
    otherwise: Otherwise = {},
  ): Promise<Answer> {
    const body = sampleLines(firstSeq, count, { observer: this.observer, session: this.session });
    const signed = this.sign(body, firstSeq, count, otherwise);
    const answer = await this.post(collector, token, signed, otherwise.body ?? body);
    if (answer.status === 200) this.last = batchStatementHash(nodeSha256, this, signed);
    return answer;
  }

  post(collector: TestCollector, token: string, signed: SignedBatch, body: string): Promise<Answer> {
    const header = Buffer.from(JSON.stringify(signed)).toString('base64');
    return collector.post(body, { 'portledger-batch': header }, token);
  }
}

/** The checkpoint that an answer carries, as the observer's next batch names it. */
export function seenIn(answer: Answer): SeenCheckpoint {
  const body: { readonly checkpoint?: string } = JSON.parse(answer.text);
  const [, size, root] = (body.checkpoint ?? '').split('\n');
  return { root: root ?? '', size: Number(size) };
}
