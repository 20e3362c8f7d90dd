import { startAgent } from '../start-agent.ts';
import { StagedCapture, stagedEvent } from './staged-capture.ts';

// A whole agent in a process of its own, for tests that kill it: `agent-process.ts URL SPOOL_DIR BOOT` makes events
// whose destination port tells the boot, and prints how many records are durable.
const [, , collectorUrl, spoolDir, boot] = process.argv;
if (collectorUrl === undefined || spoolDir === undefined) throw new Error('usage: agent-process URL SPOOL_DIR BOOT');
const captureSource = new StagedCapture();
const agent = await startAgent({ observer: 'host-a', collectorUrl, token: 't', spoolDir, captureSource });
let number = 0;
setInterval(() => {
  for (let count = 0; count < 500; count += 1) {
    captureSource.emit(stagedEvent((number += 1), { destPort: Number(boot) }));
  }
  process.stdout.write(`${agent.session} ${agent.status().durable}\n`);
}, 5);
