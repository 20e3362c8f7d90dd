import { X509Certificate, createHash, hash, verify } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { fail, ok } from '@portledger/format';
import type { Result } from '@portledger/format';
import type { TimestampFault } from './timestamp-fault.ts';
import type { TimestampToken } from './timestamp-token.ts';

const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const SET_TAG = 0x31;

const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** Signature algorithms by their identifier; undefined is the digest that the signer names beside it. */
const SIGNATURES: ReadonlyMap<string, string | null | undefined> = new Map([
  ['1.2.840.113549.1.1.1', undefined],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', null],
]);

export function digestName(identifier: string): string | undefined {
  return DIGESTS.get(identifier);
}

function refuse(code: TimestampFault['code'], message: string): { readonly ok: false; readonly fault: TimestampFault } {
  return fail({ code, message });
}

/**
 * Verifies a token's signature by one of the certificates in it (RFC 5652, section 5.4; RFC 3161, section 2.4.2): content
 * type and digest are signed attributes, the signing certificate is named in one, and may stamp time and nothing else.
 */
export function verifySignature(token: TimestampToken): Result<X509Certificate, TimestampFault> {
  const { signer, content } = token;
  const digest = digestName(signer.digestAlgorithm.algorithm);
  const scheme = signer.signatureAlgorithm.algorithm;
  if (digest === undefined || !SIGNATURES.has(scheme)) {
    return refuse('unsupported', `it is signed by ${scheme} over ${signer.digestAlgorithm.algorithm}, not known here`);
  }
  const certificate = signingCertificate(token);
  if (certificate === undefined) {
    return refuse('bad-signature', 'it does not hold the certificate of who signed it, or names another');
  }
  const stated = attribute(token, MESSAGE_DIGEST);
  const type = attribute(token, CONTENT_TYPE);
  const computed = createHash(digest).update(content).digest();
  // OCTET STRING and OBJECT IDENTIFIER in DER: a tag, a length of one octet, and the value.
  const isStated = stated?.subarray(2).equals(computed) === true;
  const isTyped = type?.toString('hex') === '060b2a864886f70d0109100104';
  if (!isStated || !isTyped) {
    return refuse('bad-signature', 'what is signed is not its content');
  }
  const named = SIGNATURES.get(scheme);
  const algorithm = named === undefined ? digest : named;
  return verify(algorithm, signedAttributes(token), certificate.publicKey, Buffer.from(signer.signature.buffer))
    ? ok(certificate)
    : refuse('bad-signature', 'the signature does not verify: the token was altered');
}

/** What is signed: the attributes as a SET OF in DER (RFC 5652, section 5.4), though stored under a tag of its own. */
function signedAttributes({ signer }: TimestampToken): Buffer {
  const body = Buffer.concat((signer.signedAttrs ?? []).map((each) => Buffer.from(AsnConvert.serialize(each))));
  return Buffer.concat([Buffer.from([SET_TAG, ...derLength(body.length)]), body]);
}

function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
}

function attribute({ signer }: TimestampToken, type: string): Buffer | undefined {
  const [found, ...others] = (signer.signedAttrs ?? []).filter(({ attrType }) => attrType === type);
  const value = others.length === 0 ? found?.attrValues[0] : undefined;
  return value === undefined ? undefined : Buffer.from(value);
}

/** The certificates in a token. */
export function certificatesOf({ certificates }: TimestampToken): X509Certificate[] {
  return certificates.flatMap(({ certificate }) =>
    certificate === undefined ? [] : [new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)))],
  );
}

/** The certificate whose hash is signed along, which alone may be the signer's, and which may only stamp time. */
function signingCertificate(token: TimestampToken): X509Certificate | undefined {
  const attributes = [attribute(token, SIGNING_CERTIFICATE_V2), attribute(token, SIGNING_CERTIFICATE)];
  const named = attributes.find((value) => value !== undefined);
  if (named === undefined) return undefined;
  for (const { certificate } of token.certificates) {
    if (certificate === undefined) continue;
    const der = Buffer.from(AsnConvert.serialize(certificate));
    const isNamed = ['sha256', 'sha1', 'sha384', 'sha512'].some((name) => firstHash(named, name, der));
    const usage = certificate.tbsCertificate.extensions?.find(({ extnID }) => extnID === EXTENDED_KEY_USAGE);
    const x509 = new X509Certificate(der);
    const stampsOnly = usage?.critical === true && x509.keyUsage?.join(' ') === TIME_STAMPING;
    if (isNamed && stampsOnly) return x509;
  }
  return undefined;
}

/** Whether the first ESSCertID of a signing certificate attribute (RFC 5035) is of these bytes: its hash comes first. */
function firstHash(named: Buffer, algorithm: string, der: Buffer): boolean {
  const wanted = hash(algorithm, der, 'buffer');
  const octets = Buffer.concat([Buffer.from([0x04, wanted.length]), wanted]);
  const at = named.indexOf(octets);
  // Three SEQUENCE headers, and in version 2 the hash's algorithm, may stand before it; another certificate's id may not.
  return at !== -1 && at <= 32;
}
