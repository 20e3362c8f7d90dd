import { LATEST_TIMESTAMP_PATH, TIMESTAMPS_FOLDER, handoverPath } from '@portledger/format';
import type { LedgerFiles } from '@portledger/format';

export type Paper = { readonly name: string; readonly bytes: Uint8Array };

/** What goes with any copy or pack of a ledger: every handover of its key, and the newest time stamp with what it stamps. */
export async function ledgerPapers(files: Pick<LedgerFiles, 'read'>): Promise<readonly Paper[]> {
  const papers: Paper[] = [];
  const take = async (name: string): Promise<boolean> => {
    const bytes = await files.read(name);
    if (bytes !== undefined) papers.push({ name, bytes });
    return bytes !== undefined;
  };
  for (let number = 1; await take(handoverPath(number));) number += 1;
  const latest = await files.read(LATEST_TIMESTAMP_PATH);
  const number = latest === undefined ? '' : new TextDecoder().decode(latest);
  if (/^\d{12}$/.test(number) && (await take(`${TIMESTAMPS_FOLDER}/${number}.note`)))
    await take(`${TIMESTAMPS_FOLDER}/${number}.tsr`);
  return papers;
}
