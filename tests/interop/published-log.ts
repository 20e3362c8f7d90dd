import { execFile } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { canonicalLine, decodeEntryBundle, entriesPath, parseManifest, segmentPath } from '@portledger/format';
import { call, startPortledger, until, type PortledgerProcess } from '../product/portledger-process.ts';

const START_MS = Date.UTC(2026, 10, 22, 14, 36, 49);

/** A collector of the real command with some sealed rounds, and what an outsider kept of it on the way. */
export type PublishedLogUnderTest = {
  readonly product: PortledgerProcess;
  /** The ledger's folder. */
  readonly folder: string;
  /** The checkpoint of each round as it was served, oldest first. */
  readonly checkpoints: readonly string[];
  readonly vkey: string;
};

function lines(firstSeq: number, count: number): string {
  return Array.from({ length: count }, (_, at) => {
    const seq = firstSeq + at;
    return `${canonicalLine({
      v: 1,
      timestamp: `${new Date(START_MS + seq).toISOString().slice(0, 23)}000Z`,
      action: 'connection-closed',
      user: `user-${seq % 5}`,
      src_ip: '10.0.0.7',
      src_port: 40_000 + (seq % 20_000),
      dest_ip: '10.0.1.9',
      dest_port: 5432,
      protocol: 'tcp',
      observer: 'web-1',
      observer_kind: 'agent',
      session: 'interop',
      seq,
    })}\n`;
  }).join('');
}

export function sizeOf(checkpoint: string): number {
  return Number(checkpoint.split('\n')[1]);
}

async function text(product: PortledgerProcess, path: string): Promise<string> {
  const response = await fetch(`${product.run.url}${path}`, {
    headers: { authorization: `Bearer ${product.run.token}` },
  });
  return response.ok ? await response.text() : '';
}

/** Starts the collector, sends `rounds` rounds of records, and keeps the checkpoint after each. */
export async function publishRounds(dir: string, rounds: readonly number[]): Promise<PublishedLogUnderTest> {
  const config = join(dir, 'portledger.yaml');
  writeFileSync(config, 'ledger:\n  seal_interval: 100ms\n');
  const product = await startPortledger('collector', dir, ['--config', config]);
  const checkpoints: string[] = [];
  let sent = 0;
  for (const count of rounds) {
    const before = sizeOf(checkpoints.at(-1) ?? '\n0');
    await call(product.run, '/v1/records', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines(sent, count),
    });
    sent += count;
    checkpoints.push(
      await until('a checkpoint', async () => {
        const checkpoint = await text(product, '/ledger/checkpoint');
        return sizeOf(checkpoint) > before ? checkpoint : undefined;
      }),
    );
  }
  const vkey = (await text(product, '/ledger/vkey')).trim();
  return { product, folder: join(dir, 'ledger'), checkpoints, vkey };
}

/** Writes each block's decompressed lines to `<block>.ndjson`: there is no zstd in Go's standard library. */
export function writeBlockLines(folder: string, target: string): number {
  mkdirSync(target);
  const size = sizeOf(readFileSync(join(folder, 'checkpoint'), 'utf8'));
  for (let block = 0; block < size; block += 1) {
    const index = Math.floor(block / 256);
    const bundle = decodeEntryBundle(readFileSync(join(folder, entriesPath(index, Math.min(256, size - index * 256)))));
    const manifest = parseManifest(Buffer.from(bundle?.[block % 256] ?? []).toString());
    if (!manifest.ok) throw new Error(manifest.fault.message);
    const { class: className, segment, offset, frame_bytes: frameBytes } = manifest.value;
    const stored = readFileSync(join(folder, segmentPath(className, segment)));
    writeFileSync(join(target, `${block}.ndjson`), zstdDecompressSync(stored.subarray(offset, offset + frameBytes)));
  }
  return size;
}

/** A server of files and nothing else: what every web server does with a folder. */
export async function serveFolder(root: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const file = join(root, normalize(new URL(request.url ?? '/', 'http://localhost').pathname));
    const isFile = existsSync(file) && statSync(file).isFile();
    response.writeHead(isFile ? 200 : 404);
    if (isFile) createReadStream(file).pipe(response);
    else response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'portledger-interop-'));
}

export type Run = { readonly code: number; readonly out: string; readonly err: string };

/** Runs a program to its end. */
export function run(
  program: string,
  args: readonly string[],
  place: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<Run> {
  return new Promise((resolve) => {
    execFile(program, [...args], { ...place, maxBuffer: 1 << 24, timeout: 150_000 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, out, err: error !== null && err === '' ? error.message : err });
    });
  });
}
