import { sha256, webCryptoVerifyEd25519 } from '@portledger/format';
import type { RecordProof } from '@portledger/format';
import { describe, expect, test } from 'vitest';
import type { RecordDetail } from '../api/hit.ts';
import { exampleLog } from '../testing/example-log.ts';
import { exampleTraffic } from '../testing/example-traffic.ts';
import { checkProof } from './proof-report.ts';
import type { ProofReport, StepName } from './proof-report.ts';

const records = exampleTraffic({ connections: 60, fromMs: 1_764_000_000_000, toMs: 1_764_000_600_000, seed: 3 });
const log = exampleLog(records, 13);
const { detail, proof } = log.prove(2, 5);
const tools = { hash: sha256, verifyEd25519: webCryptoVerifyEd25519 };

function check(
  over: {
    readonly proof?: Partial<RecordProof>;
    readonly detail?: Partial<RecordDetail>;
    readonly offered?: string;
  } = {},
): Promise<ProofReport> {
  const keys = { pinned: log.vkey, offered: over.offered ?? log.vkey };
  return checkProof({ ...detail, ...over.detail }, { ...proof, ...over.proof }, keys, tools);
}

function failed(report: ProofReport): readonly StepName[] {
  return report.steps.filter((step) => step.outcome !== 'pass').map((step) => step.name);
}

/** The same text with one base64 digit changed. */
function flipped(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

describe('a proof', () => {
  test('passes at every address, every step of it', async () => {
    for (let block = 0; block < 5; block += 1) {
      for (let position = 0; position < 13; position += 1) {
        const one = log.prove(block, position);
        const report = await checkProof(one.detail, one.proof, { pinned: log.vkey, offered: log.vkey }, tools);
        expect(failed(report)).toEqual([]);
        expect(report.verdict).toBe('pass');
      }
    }
  });

  test('shows the hashes it passed', async () => {
    const { steps } = await check();
    expect(steps.map((step) => step.name)).toEqual(['line', 'block', 'manifest', 'log', 'checkpoint', 'key']);
    expect(steps.find((step) => step.name === 'block')?.pathLength).toBe(proof.block_path.length);
    expect(steps.find((step) => step.name === 'line')?.digest).toHaveLength(44);
  });

  const line = proof.line.replace(/"user":"[^"]+"/, '"user":"mallory"');
  test.each<[string, Parameters<typeof check>[0], readonly StepName[]]>([
    ['an altered line', { proof: { line } }, ['line', 'block']],
    ['an altered line, shown as altered', { proof: { line }, detail: { line } }, ['block']],
    ['a proof of another record', { proof: log.prove(2, 6).proof }, ['line']],
    ['an altered block path', { proof: { block_path: proof.block_path.map((node) => flipped(node, 3)) } }, ['block']],
    ['a path that is no base64', { proof: { block_path: ['?'] } }, ['block']],
    ['a missing log path', { proof: { log_path: [] } }, ['log']],
    ['an altered log path', { proof: { log_path: proof.log_path.map((node) => flipped(node, 3)) } }, ['log']],
    ['another block’s manifest', { proof: { manifest: log.prove(1, 5).proof.manifest } }, ['block', 'log']],
    ['no manifest', { proof: { manifest: '{}' } }, ['block', 'manifest', 'log']],
    [
      'an altered signature',
      { proof: { checkpoint: flipped(proof.checkpoint, proof.checkpoint.length - 12) } },
      ['checkpoint'],
    ],
    ['no checkpoint', { proof: { checkpoint: '' } }, ['log', 'checkpoint']],
    [
      'a receive time that is not the manifest’s',
      { detail: { received: '2026-11-22T00:00:00.000000Z' } },
      ['manifest'],
    ],
    ['a class that is not the manifest’s', { detail: { class: 'short' } }, ['manifest']],
    ['another key on offer', { offered: exampleLog(records, 13).vkey }, ['key']],
  ])('fails on %s', async (_what, over, steps) => {
    const report = await check(over);
    expect(report.verdict).toBe('fail');
    expect(failed(report)).toEqual(steps);
    expect(report.message).toBeTruthy();
  });

  test('fails under another key, whatever the collector offers', async () => {
    const other = exampleLog(records, 13).vkey;
    const report = await checkProof(detail, proof, { pinned: other, offered: log.vkey }, tools);
    expect(report.verdict).toBe('fail');
    expect(failed(report)).toEqual(['checkpoint', 'key']);
  });
});
