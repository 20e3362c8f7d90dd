import { SignedData, ContentInfo } from '@peculiar/asn1-cms';
import type { CertificateChoices, SignerInfo } from '@peculiar/asn1-cms';
import { AsnConvert } from '@peculiar/asn1-schema';
import { PKIStatus, TSTInfo, TimeStampResp } from '@peculiar/asn1-tsp';
import { fail, ok } from '@portledger/format';
import type { Result } from '@portledger/format';
import type { TimestampFault } from './timestamp-fault.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';

/** A time stamp token (RFC 3161, section 2.4.2) taken apart, nothing of it verified. */
export type TimestampToken = {
  readonly info: TSTInfo;
  /** The DER of `info`, which the signature covers by its digest. */
  readonly content: Uint8Array;
  readonly signer: SignerInfo;
  readonly certificates: readonly CertificateChoices[];
};

function malformed(what: string): { readonly ok: false; readonly fault: TimestampFault } {
  return fail({ code: 'malformed', message: `not a time stamp of RFC 3161: ${what}` });
}

function parsed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Reads an authority's answer, or the token out of one. A refusal of the authority is told as it gave it. */
export function readTimestamp(der: Uint8Array): Result<TimestampToken, TimestampFault> {
  const response = parsed(() => AsnConvert.parse(der, TimeStampResp));
  if (response === undefined) {
    const bare = parsed(() => AsnConvert.parse(der, ContentInfo));
    return bare === undefined ? malformed('neither an answer nor a token can be read') : readToken(bare);
  }
  const { status, timeStampToken } = response;
  if (status.status !== PKIStatus.granted && status.status !== PKIStatus.grantedWithMods) {
    const said = status.statusString?.join(' ') ?? 'no reason';
    return fail({ code: 'refused', message: `the authority refused with status ${status.status}: ${said}` });
  }
  return timeStampToken === undefined ? malformed('the answer holds no token') : readToken(timeStampToken);
}

function readToken(info: ContentInfo): Result<TimestampToken, TimestampFault> {
  const data = info.contentType === SIGNED_DATA ? parsed(() => AsnConvert.parse(info.content, SignedData)) : undefined;
  const content = data?.encapContentInfo.eContent?.single?.buffer;
  if (data === undefined || content === undefined || data.encapContentInfo.eContentType !== TST_INFO) {
    return malformed('it is no signed TSTInfo');
  }
  const tstInfo = parsed(() => AsnConvert.parse(content, TSTInfo));
  const [signer, ...others] = data.signerInfos;
  if (tstInfo === undefined || signer === undefined || others.length > 0) {
    return malformed('it has no readable TSTInfo, or not exactly one signer');
  }
  const certificates = [...(data.certificates ?? [])];
  return ok({ info: tstInfo, content: new Uint8Array(content), signer, certificates });
}
