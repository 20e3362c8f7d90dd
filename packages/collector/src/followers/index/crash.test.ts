import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { testFolder } from '../testing/test-folder.ts';
import { crashLedger } from '../testing/crash-ledger.ts';
import { openIndex } from './open-index.ts';

const FEEDER = fileURLToPath(new URL('../testing/crash-feeder.ts', import.meta.url));

/** Runs a process that indexes into the folder and kills it, at once, when it has told a number of files. */
async function killAfter(dir: string, tells: number, delayMs: number): Promise<void> {
  const feeder = spawn(process.execPath, [FEEDER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(feeder, 'exit');
  let told = 0;
  feeder.stdout.on('data', () => {
    told += 1;
    if (told === tells) setTimeout(() => feeder.kill('SIGKILL'), delayMs);
  });
  await ended;
}

test('killed at any moment, a replay gives each record once', async () => {
  await using folder = await testFolder();
  const { ledger } = crashLedger();
  for (let round = 0; round < 6; round += 1) await killAfter(folder.path, 1 + (round % 3), round * 7);
  await using index = await openIndex({ dir: folder.path, ledger, hotRecordsMax: 500 });
  await index.reached(ledger.head().durable);
  const names = await readdir(folder.path);
  expect(names.filter((name) => name.endsWith('.parquet')).length).toBeGreaterThan(0);
  expect(index.status().records).toBe(ledger.hits.length);
  const page = await index.search({ query: { kind: 'all' }, order: 'asc', limit: 10_000 });
  if (!page.ok) throw new Error(page.fault.message);
  const addresses = page.value.hits.map((hit) => `${hit.block}:${hit.position}`);
  expect(new Set(addresses).size).toBe(ledger.hits.length);
  const byAddress = new Map(page.value.hits.map((hit) => [`${hit.block}:${hit.position}`, hit]));
  for (const hit of ledger.hits) expect(byAddress.get(`${hit.block}:${hit.position}`)).toEqual(hit);
}, 30_000);
