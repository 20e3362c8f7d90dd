import { MemoryLedger } from './memory-ledger.ts';
import { sampleRecords } from './sample-traffic.ts';

/** The same ledger in every process: 8,000 records. */
export function crashLedger(): { readonly ledger: MemoryLedger } {
  const ledger = new MemoryLedger(300);
  ledger.append([...sampleRecords(2000, Date.UTC(2026, 10, 22, 9) * 1000)]);
  return { ledger };
}
