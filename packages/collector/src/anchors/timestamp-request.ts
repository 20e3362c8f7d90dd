import { hash, randomBytes } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { MessageImprint, TimeStampReq, TimeStampReqVersion } from '@peculiar/asn1-tsp';
import type { TimestampToken } from './timestamp-token.ts';

const SHA256 = '2.16.840.1.101.3.4.2.1';
const NONCE_BYTES = 16;

/** A request (RFC 3161, section 2.4.1) and the nonce that its answer must carry. */
export type TimestampRequest = { readonly der: Uint8Array<ArrayBuffer>; readonly nonce: Uint8Array };

/** Asks for the SHA-256 of these bytes to be stamped, with the authority's certificate in the answer. */
export function timestampRequest(bytes: Uint8Array): TimestampRequest {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40; // a positive integer of DER, without a leading zero octet
  const imprint = new MessageImprint();
  imprint.hashAlgorithm.algorithm = SHA256;
  imprint.hashAlgorithm.parameters = new Uint8Array([0x05, 0x00]).buffer;
  imprint.hashedMessage = new OctetString(new Uint8Array(hash('sha256', bytes, 'buffer')));
  const request = new TimeStampReq({
    version: TimeStampReqVersion.v1,
    messageImprint: imprint,
    nonce: nonce.slice().buffer,
    certReq: true,
  });
  return { der: new Uint8Array(AsnConvert.serialize(request)), nonce };
}

/** Whether a token answers this very request. */
export function answers({ info }: TimestampToken, { nonce }: TimestampRequest): boolean {
  return info.nonce !== undefined && Buffer.from(info.nonce).equals(nonce);
}
