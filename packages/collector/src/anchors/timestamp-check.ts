import { X509Certificate, hash } from 'node:crypto';
import { fail, ok } from '@portledger/format';
import type { Result } from '@portledger/format';
import type { TimestampFault } from './timestamp-fault.ts';
import { certificatesOf, digestName, verifySignature } from './timestamp-signature.ts';
import { readTimestamp } from './timestamp-token.ts';
import type { TimestampToken } from './timestamp-token.ts';

/** What a time stamp shows: these bytes were there at `time` (ISO 8601), says `authority`, a certificate's subject. */
export type TimestampFacts = { readonly time: string; readonly authority: string; readonly serial: string };

const CHAIN_MAX = 8;

/**
 * Verifies a time stamp (RFC 3161 answer or token, DER) of a checkpoint's bytes: that it is of these bytes, that the
 * signature in it verifies, and, where certificates are trusted (PEM, one or several), that a chain of certificates that
 * were valid at that time leads to one of them. Without trusted certificates the authority is only named, and anyone can
 * be that. Revocation is not looked up.
 */
export function checkTimestamp(
  token: Uint8Array,
  checkpointBytes: Uint8Array,
  trustedCaPem: string | undefined,
): Result<TimestampFacts, TimestampFault> {
  const read = readTimestamp(token);
  return read.ok ? checkToken(read.value, checkpointBytes, trustedCaPem) : read;
}

/** The same of a token already read. */
export function checkToken(
  token: TimestampToken,
  checkpointBytes: Uint8Array,
  trustedCaPem: string | undefined,
): Result<TimestampFacts, TimestampFault> {
  try {
    return checkParts(token, checkpointBytes, trustedCaPem);
  } catch (error) {
    // What the readers of DER and of certificates can't take in, they throw at.
    return fail({ code: 'malformed', message: `not a time stamp of RFC 3161: ${String(error)}` });
  }
}

function checkParts(
  token: TimestampToken,
  checkpointBytes: Uint8Array,
  trustedCaPem: string | undefined,
): Result<TimestampFacts, TimestampFault> {
  const { messageImprint, genTime, serialNumber } = token.info;
  const digest = digestName(messageImprint.hashAlgorithm.algorithm);
  if (digest === undefined) {
    const message = `it is of a hash by ${messageImprint.hashAlgorithm.algorithm}, which is not known here`;
    return fail({ code: 'unsupported', message });
  }
  const stamped = Buffer.from(messageImprint.hashedMessage.buffer);
  if (!stamped.equals(hash(digest, checkpointBytes, 'buffer'))) {
    return fail({ code: 'wrong-content', message: 'the time stamp is of other bytes than this checkpoint' });
  }
  const signer = verifySignature(token);
  if (!signer.ok) return signer;
  if (trustedCaPem !== undefined) {
    const reached = reachesTrust(signer.value, certificatesOf(token), trustedCaPem, genTime);
    if (!reached.ok) return reached;
  }
  const authority = signer.value.subject.split('\n').join(', ');
  return ok({ time: genTime.toISOString(), authority, serial: Buffer.from(serialNumber).toString('hex') });
}

function reachesTrust(
  signer: X509Certificate,
  given: readonly X509Certificate[],
  trustedPem: string,
  at: Date,
): Result<true, TimestampFault> {
  const trusted = certificatesIn(trustedPem);
  if (trusted.length === 0) return untrusted('no certificate can be read of those to trust');
  let current = signer;
  for (let step = 0; step < CHAIN_MAX; step += 1) {
    if (at < current.validFromDate || at > current.validToDate) {
      return untrusted(`the certificate of ${oneLine(current)} was not valid at the time stamped`);
    }
    const { raw } = current;
    if (trusted.some((anchor) => anchor.raw.equals(raw))) return ok(true);
    const issuer = [...trusted, ...given].find(
      (candidate) =>
        candidate.ca &&
        !candidate.raw.equals(raw) &&
        current.checkIssued(candidate) &&
        current.verify(candidate.publicKey),
    );
    if (issuer === undefined) return untrusted(`nobody trusted vouches for ${oneLine(current)}`);
    current = issuer;
  }
  return untrusted(`the chain of certificates is longer than ${CHAIN_MAX}`);
}

function untrusted(message: string): { readonly ok: false; readonly fault: TimestampFault } {
  return fail({ code: 'not-trusted', message });
}

function oneLine({ subject }: X509Certificate): string {
  return subject.split('\n').join(', ');
}

function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}
