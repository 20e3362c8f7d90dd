import { argv, stdout } from 'node:process';
import { openIndex } from '../index/open-index.ts';
import { crashLedger } from './crash-ledger.ts';

/** Entry of a process that indexes into a folder, tells of every new file, and is there to be killed. */

async function feed(dir: string): Promise<void> {
  const { ledger } = crashLedger();
  const index = await openIndex({ dir, ledger, hotRecordsMax: 500 });
  let files = -1;
  const timer = setInterval(() => {
    const now = index.status().flushes;
    if (now !== files) stdout.write('.\n');
    files = now;
  }, 1);
  await index.reached(ledger.head().durable);
  await index.close();
  clearInterval(timer);
}

await feed(argv[2] ?? '');
