import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import { startCollector } from '../../collector.ts';

// Runs a collector through its first start, records and a rotation, and writes what its main thread's heap holds then.
const [dir = ''] = process.argv.slice(2);
const collector = await startCollector({
  dataDir: join(dir, 'data'),
  listen: { host: '127.0.0.1', port: 0 },
  logLevel: 'debug',
});
await collector.services.ledger.seal();
await collector.services.rotateKey('test');
await collector.services.ledger.seal();
writeHeapSnapshot(join(dir, 'heap.heapsnapshot'));
await collector.close();
