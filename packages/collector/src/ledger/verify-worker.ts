import { parentPort } from 'node:worker_threads';
import { checkBlock } from '@portledger/format';
import type { BlockJob } from '@portledger/format';
import { nodeBlockTools } from '@portledger/format/node';
import type { VerifyReply } from './verify-pool.ts';

/** Entry of a verifying thread: one reply a block, in order. */
const port = parentPort;
if (port === null) throw new Error('the verify worker runs in a worker thread');

port.on('message', (job: BlockJob) => {
  port.postMessage(checkBlock(job, nodeBlockTools) satisfies VerifyReply);
});
port.postMessage('ready' satisfies VerifyReply);
