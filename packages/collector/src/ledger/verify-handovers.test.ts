import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parsePolicy, verifyReportText } from '@portledger/format';
import type { VerifyReport } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { sampleLines, testCollector } from '../testing/test-collector.ts';
import { verifyFolder, verifyServed } from './verify-folder.ts';

const PYTHON_VERIFIER = new URL('../../../../tests/interop/verify_ledger.py', import.meta.url).pathname;
const hasPython = ['python3', 'zstd'].every((name) => spawnSync(name, ['--version']).status === 0);
const work = mkdtempSync(join(tmpdir(), 'portledger-handovers-'));
const dir = join(work, 'data');
/** The keys that the log had, the first one first; a checkpoint under the first of them, and the ledger over HTTP. */
const keys: string[] = [];
let early = '';
let served: VerifyReport | undefined;

beforeAll(async () => {
  const collector = await testCollector({ dataDir: dir });
  try {
    keys.push(collector.vkey);
    await collector.post(sampleLines(0, 20));
    await collector.services.ledger.seal();
    early = readFileSync(join(dir, 'ledger', 'checkpoint'), 'utf8');
    for (let turn = 1; turn <= 2; turn += 1) {
      keys.push(JSON.parse((await collector.call('/v1/keys/rotate', { method: 'POST' })).text).vkey);
      await collector.post(sampleLines(turn * 20, 20));
      await collector.services.ledger.seal();
    }
    served = await verifyServed(collector.url, collector.adminToken, { vkey: keys[0] ?? '', threads: 0 });
  } finally {
    await collector.close();
  }
});
afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

const codesOf = (report: VerifyReport) => report.findings.map(({ code }) => code);

function altered(alter: (ledger: string) => void): string {
  const copy = mkdtempSync(join(work, 'altered-'));
  cpSync(join(dir, 'ledger'), join(copy, 'ledger'), { recursive: true });
  alter(join(copy, 'ledger'));
  return copy;
}

test('whoever trusts any key of the log verifies all of it, by folder and over HTTP, and is told of each handover', async () => {
  const policyOf = (vkey: string) => parsePolicy(nodeSha256, Buffer.from(`log ${vkey}\nquorum none\n`));
  for (const vkey of keys) {
    const earlier = [{ file: 'kept', note: early, from: 'auditor' as const }];
    const report = await verifyFolder(dir, { vkey, earlier, threads: 0 });
    expect(report.findings, vkey).toEqual([]);
    expect(report.handovers.map(({ from, to }) => [from, to])).toEqual([
      [keys[0], keys[1]],
      [keys[1], keys[2]],
    ]);
    expect(verifyReportText(report, { tookMs: 1 }).join('\n')).toContain(
      `the key ${keys[0]} handed over to ${keys[1]}`,
    );
    const policy = policyOf(vkey);
    expect(policy.ok && codesOf(await verifyFolder(dir, { policy: policy.value, threads: 0 }))).toEqual([]);
  }
  expect((await verifyFolder(dir, { threads: 0 })).ok).toBe(true);
  expect(served?.findings).toEqual([]);
  expect(served?.handovers).toHaveLength(2);
});

test.skipIf(!hasPython)(
  'the verifier written from docs/format.md follows the handovers too (needs python3, zstd)',
  () => {
    const verify = (folder: string, key: string) =>
      spawnSync('python3', [PYTHON_VERIFIER, folder, key], { encoding: 'utf8' });
    for (const key of keys)
      expect(verify(join(dir, 'ledger'), key)).toMatchObject({ status: 0, stdout: 'it verifies\n' });
    const without = altered((ledger) => rmSync(join(ledger, 'keys', '000001.note')));
    for (const key of keys) expect(verify(join(without, 'ledger'), key).status).toBe(1);
  },
);

test('a handover that is missing, altered, of another tree, or out of its place fails', async () => {
  const note = (ledger: string, number: number) => join(ledger, 'keys', `00000${number}.note`);
  const tamperings: Readonly<Record<string, (ledger: string) => void>> = {
    'the first is missing': (ledger) => rmSync(note(ledger, 1)),
    'the last is missing': (ledger) => rmSync(note(ledger, 2)),
    'all are missing': (ledger) => rmSync(join(ledger, 'keys'), { recursive: true }),
    'the two are swapped': (ledger) => {
      renameSync(note(ledger, 1), note(ledger, 3));
      renameSync(note(ledger, 2), note(ledger, 1));
      renameSync(note(ledger, 3), note(ledger, 2));
    },
    'another size': (ledger) => {
      const text = readFileSync(note(ledger, 1), 'utf8');
      writeFileSync(note(ledger, 1), text.replace(/^(.*\n)\d+/, '$11'));
    },
    'without the old signature': (ledger) => {
      const lines = readFileSync(note(ledger, 1), 'utf8').split('\n');
      writeFileSync(note(ledger, 1), lines.filter((_, at) => at !== 6).join('\n'));
    },
    'a checkpoint by a key that was handed over': (ledger) => {
      const text = readFileSync(note(ledger, 2), 'utf8');
      writeFileSync(join(ledger, 'checkpoint'), text);
      writeFileSync(note(ledger, 2), text);
      rmSync(note(ledger, 2));
    },
  };
  for (const [name, tamper] of Object.entries(tamperings)) {
    const copy = altered(tamper);
    expect(existsSync(join(copy, 'ledger')) && readdirSync(copy)).toEqual(['ledger']);
    for (const vkey of keys)
      expect((await verifyFolder(copy, { vkey, threads: 0 })).ok, `${name}, by ${vkey}`).toBe(false);
  }
});

test('a forged chain to another key fails', async () => {
  const forged = join(work, 'forged');
  await using other = await testCollector({ dataDir: forged });
  await other.post(sampleLines(0, 20));
  await other.call('/v1/keys/rotate', { method: 'POST' });
  await other.services.ledger.seal();
  const report = await verifyFolder(forged, { vkey: keys[0] ?? '', threads: 0 });
  expect(codesOf(report)).toContain('handover-damaged');
  expect(report.sections.signatures).toBe('fail');
});
