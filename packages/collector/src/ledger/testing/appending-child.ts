import { appendFileSync } from 'node:fs';
import { openLedger } from '../ledger.ts';
import { testBatch } from './test-batches.ts';

/**
 * A process to be killed: appends as fast as it is answered, and writes down what was acknowledged before it goes
 * on. Arguments: data folder, file of acknowledgements, file of signed heads, number of this run.
 */
const [dir = '', ackedPath = '', signedLog = '', run = '0'] = process.argv.slice(2);
const BATCH_RECORDS = 40;
const STREAMS = 4;

const ledger = await openLedger({ dir, clock: () => Date.now() * 1_000, sealIntervalMs: 30, signedLog });
process.stdout.write('open\n');

async function stream(number: number): Promise<void> {
  const session = `run-${run}-${number}`;
  for (let first = 0; ; first += BATCH_RECORDS) {
    const outcome = await ledger.append([
      testBatch(session, first, BATCH_RECORDS, number === 3 ? 'payment' : 'default'),
    ]);
    if (!outcome.ok) throw new Error(outcome.fault.message);
    appendFileSync(ackedPath, `${session} ${first} ${BATCH_RECORDS}\n`);
  }
}

await Promise.all(Array.from({ length: STREAMS }, (_, number) => stream(number)));
