import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { DiskError } from './ledger-disk.ts';
import { rotateKey } from './key-rotation.ts';
import { openSigner } from './ledger-key.ts';
import { LedgerError } from './ledger-shapes.ts';
import type { LogSigner } from './log-signer.ts';
import { NodeDisk } from './node-disk.ts';
import { Recovery } from './recovery.ts';
import type { Sealer } from './sealer.ts';
import type { SealingReply, SealingRequest, SealingWorkerData } from './sealing-messages.ts';

/** Entry of the sealing thread: reading, hashing, compressing and syncing happen here, off the main thread. */
const { dir, origin, signedLog } = workerData as SealingWorkerData;
const port = parentPort;
if (port === null) throw new Error('the sealing worker runs in a worker thread');

let sealer: Sealer | undefined;
let signer: LogSigner | undefined;
/** A rotation that broke off: whether it was handed over is for the next start to see. */
let isBroken = false;

function onSigned(size: number, root: string): void {
  if (signedLog !== undefined) appendFileSync(signedLog, `${size} ${root}\n`);
}

function handle(request: SealingRequest): SealingReply {
  switch (request.kind) {
    case 'recover': {
      signer = openSigner(dir, origin);
      const disk = new NodeDisk(join(dir, 'ledger'));
      const opened = new Recovery({
        disk,
        home: new NodeDisk(dir),
        signer,
        onSigned,
        nowMicros: request.nowMicros,
      }).run();
      sealer = opened.sealer;
      return { kind: 'recovered', state: opened.state };
    }
    case 'seal': {
      if (sealer === undefined) throw new Error('seal before recover');
      if (isBroken) throw new Error('a rotation of the key broke off');
      return { kind: 'sealed', published: sealer.seal(request.round) };
    }
    case 'rotate-key': {
      if (sealer === undefined || signer === undefined) throw new Error('rotation before recover');
      if (isBroken || sealer.isStaged)
        throw new LedgerError('not-writable', 'a round is half published: try again later');
      isBroken = true;
      signer = rotateKey(dir, signer);
      const checkpoint = sealer.rekey(signer);
      isBroken = false;
      return { kind: 'rotated', vkey: signer.vkey, checkpoint };
    }
    case 'close':
      sealer?.close();
      return { kind: 'closed' };
    default:
      return request satisfies never;
  }
}

function handleSafely(request: SealingRequest): SealingReply {
  try {
    return handle(request);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof LedgerError) return { kind: 'refused', code: error.code, message };
    return { kind: 'failed', code: error instanceof DiskError ? error.code : 'io', message };
  }
}

port.on('message', (request: SealingRequest) => {
  port.postMessage(handleSafely(request));
});
