import type { WitnessFault } from '@portledger/witness';

/** A witness holds what this ledger does not: it was set back, or rewritten. No cosignature can come of it any more. */
export type WitnessAlarm = {
  readonly witness: string;
  readonly code: 'ahead' | 'forked' | 'bad-proof';
  /** Blocks that the witness has cosigned, where it told. */
  readonly witnessSize: number | undefined;
  /** Blocks of this ledger. */
  readonly size: number;
  readonly message: string;
};

/** What of a witness's refusals puts the ledger itself in doubt; undefined for all that only needs patience or a setting. */
export function alarmOf(witness: string, size: number, fault: WitnessFault): WitnessAlarm | undefined {
  const about = { witness, size, witnessSize: fault.witnessSize };
  const there = `witness ${witness} holds`;
  if (fault.code === 'ahead') {
    const message = `${there} a newer tree than this ledger (${fault.witnessSize ?? 'more'} blocks, here ${size}): it was restored from an old backup, or rewritten`;
    return { ...about, code: fault.code, message };
  }
  if (fault.code === 'forked') {
    const message = `${there} another tree of ${size} blocks for this log: the ledger was rewritten, or runs twice`;
    return { ...about, code: fault.code, message };
  }
  if (fault.code === 'bad-proof') {
    const message = `${there} a tree that this ledger of ${size} blocks does not extend: it was restored from an old backup and went on, or was rewritten`;
    return { ...about, code: fault.code, message };
  }
  return undefined;
}
