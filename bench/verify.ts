// bench/verify: full verification, records a second, on one thread and on all; beside it what reading the same lines costs
// at least (zstdcat | wc, sha256sum). And the proof of one record in a log of a hundred million.
//   node_modules/.bin/node bench/verify.ts [--records 500000]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLedger, verifyFolder } from '@portledger/collector';
import { MerkleLevels, encodeBase64, leafHash, manifestLine, verifyRecordProof } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { describeMachine, markdownTable, percentile } from './machine.ts';
import { recordBodies } from './synthetic-records.ts';

const { values: args } = parseArgs({ options: { records: { type: 'string', default: '500000' } } });
const RECORDS = Number(args.records);
const PER_BATCH = 5_000;
const PROOFS = 40;
const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-verify-'));

function seconds(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return (performance.now() - startedMs) / 1000;
}

async function fill(): Promise<void> {
  const startMicros = Date.UTC(2026, 10, 22) * 1_000;
  await using ledger = await openLedger({ dir, clock: () => Date.now() * 1_000 });
  let firstSeq = 0;
  const stream = { observer: 'bench', session: 'bench' };
  for (const lines of recordBodies({ ...stream, count: RECORDS, perBody: PER_BATCH, startMicros, seed: 1 })) {
    const ends: number[] = [];
    for (let at = lines.indexOf(10); at !== -1; at = lines.indexOf(10, at + 1)) ends.push(at + 1);
    const time = (at: number): string =>
      /"timestamp":"([^"]+)"/.exec(Buffer.from(lines.subarray(at)).toString())?.[1] ?? '';
    const appended = await ledger.append([
      {
        ...stream,
        firstSeq,
        count: ends.length,
        class: 'default',
        lines,
        lineEnds: Uint32Array.from(ends),
        firstTimestamp: time(0),
        lastTimestamp: time(ends.at(-2) ?? 0),
      },
    ]);
    if (!appended.ok) throw new Error(appended.fault.message);
    firstSeq += ends.length;
  }
  await ledger.seal();
}

async function rate(threads: number): Promise<string> {
  const startedMs = performance.now();
  const report = await verifyFolder(dir, { threads });
  if (!report.ok || report.counts.records !== RECORDS) throw new Error(JSON.stringify(report.findings[0]));
  return `${Math.round(RECORDS / (performance.now() - startedMs))} k/s`;
}

/** One real block, proven as the last of a tree as high as that of 100 M records. */
async function proof(): Promise<readonly string[]> {
  await using ledger = await openLedger({ dir, clock: () => Date.now() * 1_000 });
  const tookMs: number[] = [];
  for (let position = 0; position < PROOFS; position += 1) {
    const startedMs = performance.now();
    await ledger.proof(0, position);
    tookMs.push(performance.now() - startedMs);
  }
  const real = await ledger.proof(0, 17);
  if (!real.ok) throw new Error(real.fault.message);
  const verified = await verifyRecordProof(real.value, ledger.head().vkey, nodeSha256, nodeVerifyEd25519);
  if (!verified.ok) throw new Error(verified.fault.message);
  const blocks = Math.ceil(100_000_000 / 8_192);
  const { manifest } = verified.value;
  const leaves = Array.from({ length: blocks }, (_, block) =>
    leafHash(nodeSha256, Buffer.from(manifestLine({ ...manifest, block }))),
  );
  const logPath = new MerkleLevels(nodeSha256, leaves).path(0).map(encodeBase64);
  const bytes = Buffer.byteLength(JSON.stringify({ ...real.value, log_path: logPath }));
  return [
    `one record among 100 M (${blocks} blocks): proof made`,
    `p50 ${percentile(tookMs, 0.5).toFixed(1)} ms, ${bytes} bytes of JSON`,
  ];
}

try {
  await fill();
  const shell = (command: string): string =>
    `${Math.round(RECORDS / 1000 / seconds(() => execFileSync('sh', ['-c', command], { stdio: 'ignore' })))} k/s`;
  const segments = `${dir}/ledger/segments/*/*.zst`;
  const rows = [
    ['portledger verify, one thread', await rate(0)],
    [`portledger verify, ${availableParallelism()} threads beside`, await rate(availableParallelism())],
    ['zstdcat | wc -l (no hashing, no parsing)', shell(`zstdcat ${segments} | wc -l`)],
    ['zstdcat | sha256sum (one hash over all lines)', shell(`zstdcat ${segments} | sha256sum`)],
    await proof(),
  ];
  process.stdout.write(`${describeMachine()}\n${RECORDS} records\n\n${markdownTable(['what', 'measured'], rows)}\n`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
