import { parseQuery } from '../../query/parse-query.ts';
import { openIndex } from '../index/open-index.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { sampleRecords } from './sample-traffic.ts';

/** Entry of a process that ends itself while its index writes and answers. Arguments: the folder, milliseconds to wait. */
const [dir = '', waitMs = '0'] = process.argv.slice(2);
const START = Date.UTC(2026, 10, 22, 9) * 1000;
const ledger = new MemoryLedger(1000);
ledger.append([...sampleRecords(3000, START)]);
const index = await openIndex({ dir, ledger, hotRecordsMax: 1500 });
const query = parseQuery('*a*e*r* NOT *zz*q*', { now: START });
if (!query.ok) throw new Error(query.fault.message);
for (let asked = 0; asked < 12; asked += 1)
  void index.search({ query: query.value, order: 'asc', limit: 1000 }).catch(() => undefined);
setTimeout(() => process.exit(7), Number(waitMs));
