// bench/verify: full verification, records a second, on one thread and on all; beside it what reading the same lines costs
// at least (zstdcat | wc, sha256sum). The proof of one record in a log of a hundred million. What sealing takes of its core.
//   node_modules/.bin/node bench/verify.ts [--records 500000] [--short]
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { PublishedLog, openLedger, verifyFolder } from '@portledger/collector';
import {
  TileEdge,
  encodeEntryBundle,
  entriesPath,
  leafHash,
  manifestLine,
  tilePath,
  verifyRecordSetProof,
} from '@portledger/format';
import type { BlockManifest } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { KeyFileSigner } from '../packages/collector/src/ledger/log-signer.ts';
import { cpuSecondsByThread, describeMachine, markdownTable, percentile } from './machine.ts';
import { recordBodies, seededRandom } from './synthetic-records.ts';

const { values: args } = parseArgs({
  options: { records: { type: 'string', default: '500000' }, short: { type: 'boolean', default: false } },
});
const RECORDS = Number(args.records);
/** A batch a block, so that blocks are full. */
const PER_BATCH = 8_192;
const ROUNDS = 3;
const PROOFS = 200;
/** Full blocks that hold a hundred million records. */
const BLOCKS = Math.ceil(100_000_000 / 8_192);
const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-verify-'));

function seconds(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return (performance.now() - startedMs) / 1000;
}

/** What the sealing thread took of a processor for a record: reading back, hashing, compressing, writing. */
async function fill(): Promise<string> {
  const startMicros = Date.UTC(2026, 10, 22) * 1_000;
  await using ledger = await openLedger({ dir, clock: () => Date.now() * 1_000 });
  let firstSeq = 0;
  const stream = { observer: 'bench', session: 'bench' };
  const bodies = { ...stream, count: RECORDS, perBody: PER_BATCH, startMicros, seed: 1, isShort: args.short };
  for (const lines of recordBodies(bodies)) {
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
  const threads = [...cpuSecondsByThread(process.pid)];
  const sealing = threads.find(([name]) => name.startsWith('portledger-seal'))?.[1] ?? Number.NaN;
  return `${((sealing / RECORDS) * 1e6).toFixed(2)} µs`;
}

async function rate(threads: number): Promise<string> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    const report = await verifyFolder(dir, { threads });
    if (!report.ok || report.counts.records !== RECORDS) throw new Error(JSON.stringify(report.findings[0]));
    rates.push(Math.round(RECORDS / (performance.now() - startedMs)));
  }
  return `${rates[0]} k/s at first, then ${Math.max(...rates)} k/s`;
}

/** Lays the tiles and manifests of a log of BLOCKS blocks beside the segments: each manifest leads to a block that is there. */
function layTree(folder: string, real: readonly BlockManifest[]): { readonly size: number; readonly root: Uint8Array } {
  const place = (path: string, bytes: Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  const edge = new TileEdge(nodeSha256);
  const entries: Uint8Array[] = [];
  for (let block = 0; block < BLOCKS; block += 1) {
    const manifest = real[block % real.length];
    if (manifest === undefined) throw new Error('no block to stand for the others');
    const entry = Buffer.from(manifestLine({ ...manifest, block }));
    entries.push(entry);
    for (const { name, bytes } of edge.append(leafHash(nodeSha256, entry)))
      place(tilePath(name.level, name.index, name.width), bytes);
  }
  for (const { name, bytes } of edge.partials()) place(tilePath(name.level, name.index, name.width), bytes);
  for (let first = 0; first < BLOCKS; first += 256) {
    const bundle = entries.slice(first, first + 256);
    place(entriesPath(first / 256, bundle.length), encodeEntryBundle(bundle));
  }
  return { size: BLOCKS, root: edge.root() };
}

/** Proofs of records anywhere in a log of a hundred million. Nothing is kept from one proof to the next but the files in memory. */
async function proof(): Promise<readonly string[]> {
  const folder = join(dir, 'ledger');
  const manifests = await (async () => {
    await using ledger = await openLedger({ dir, clock: () => Date.now() * 1_000 });
    const { size } = ledger.published.head();
    return Array.from({ length: Math.ceil(size / 256) }, (_, bundle) => ledger.published.manifests(bundle)).flat();
  })();
  const full = manifests.filter(({ count }) => count === Math.max(...manifests.map((manifest) => manifest.count)));
  const { size, root } = layTree(folder, full);
  const signer = new KeyFileSigner(generateKeyPairSync('ed25519').privateKey, 'bench.example/log');
  const head = { size, checkpoint: signer.checkpoint(size, root), vkey: signer.vkey };
  const log = new PublishedLog(folder, () => head);
  const random = seededRandom(7);
  const tookMs: number[] = [];
  const bytes: number[] = [];
  for (let round = 0; round < PROOFS; round += 1) {
    const address = { block: Math.floor(random() * size), position: Math.floor(random() * (full[0]?.count ?? 1)) };
    const startedMs = performance.now();
    const made = await log.proveSet([address]);
    tookMs.push(performance.now() - startedMs);
    if (!made.ok) throw new Error(made.fault.message);
    bytes.push(Buffer.byteLength(JSON.stringify(made.value)));
    const verified = await verifyRecordSetProof(made.value, signer.vkey, nodeSha256, nodeVerifyEd25519);
    if (!verified.ok) throw new Error(verified.fault.message);
  }
  const [p50, p99] = [percentile(tookMs, 0.5), percentile(tookMs, 0.99)];
  return [
    `one record among 100 M (${size} blocks of ${full[0]?.count} records), ${PROOFS} proofs of records anywhere`,
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, at most ${Math.max(...bytes)} bytes of JSON`,
  ];
}

try {
  const sealing = await fill();
  const shell = (command: string): string =>
    `${Math.round(RECORDS / 1000 / seconds(() => execFileSync('sh', ['-c', command], { stdio: 'ignore' })))} k/s`;
  const segments = `${dir}/ledger/segments/*/*.zst`;
  const rows = [
    ['portledger verify, one thread', await rate(0)],
    [`portledger verify, ${availableParallelism()} threads beside`, await rate(availableParallelism())],
    ['zstdcat | wc -l (no hashing, no parsing)', shell(`zstdcat ${segments} | wc -l`)],
    ['zstdcat | sha256sum (one hash over all lines)', shell(`zstdcat ${segments} | sha256sum`)],
    await proof(),
    ['sealing thread, processor time a record', sealing],
  ];
  process.stdout.write(
    `${describeMachine()}\n${RECORDS} records of ${args.short ? 270 : 550} bytes\n\n${markdownTable(['what', 'measured'], rows)}\n`,
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}
