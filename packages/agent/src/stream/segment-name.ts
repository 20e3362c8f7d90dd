import { SESSION_PATTERN } from './session-id.ts';

/** A spool file: canonical lines of one session from `firstSeq` on. */
export type SegmentName = { readonly session: string; readonly firstSeq: number };

const SEQ_DIGITS = 16;

/** Names sort in the order in which the lines are to be sent. */
export function segmentFile(name: SegmentName): string {
  return `${name.session}.${String(name.firstSeq).padStart(SEQ_DIGITS, '0')}.ndjson`;
}

export function parseSegmentFile(file: string): SegmentName | undefined {
  const [session, seq, suffix, ...more] = file.split('.');
  if (session === undefined || seq === undefined || suffix !== 'ndjson' || more.length > 0) return undefined;
  if (!SESSION_PATTERN.test(session) || !/^\d{16}$/.test(seq)) return undefined;
  return { session, firstSeq: Number(seq) };
}
