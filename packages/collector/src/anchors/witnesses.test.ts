import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parsePolicy, trustCheckpoint } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { startWitness } from '@portledger/witness';
import type { WitnessServer } from '@portledger/witness';
import { sampleLines, testCollector } from '../testing/test-collector.ts';
import type { TestCollector } from '../testing/test-collector.ts';

const INTERVAL_MS = 20;
const DEADLINE_MS = 15_000;

function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-anchors-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const deadlineMs = performance.now() + DEADLINE_MS; performance.now() < deadlineMs;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`not seen in time: ${what}`);
}

type Status = {
  readonly ledger: { readonly sealed_blocks: number };
  readonly witnesses: {
    readonly witnessed?: { readonly size: number; readonly by: readonly string[] };
    readonly witnesses: readonly { name: string; size?: number; failures: number; fault?: { code: string } }[];
  };
};

async function statusOf(collector: TestCollector): Promise<Status> {
  return JSON.parse((await collector.call('/v1/status')).text);
}

/** Waits until the quorum has cosigned all that is sealed. */
function witnessed(collector: TestCollector): Promise<number> {
  return until('a quorum over everything sealed', async () => {
    await collector.services.ledger.seal();
    const { ledger, witnesses } = await statusOf(collector);
    return witnesses.witnessed?.size === ledger.sealed_blocks ? ledger.sealed_blocks : undefined;
  });
}

function startNamed(root: string, name: string, vkey: string): Promise<WitnessServer> {
  const dir = join(root, name);
  return startWitness({
    dir,
    name: `${name}.example`,
    logs: [vkey],
    port: 0,
    onFault: (error) => expect.unreachable(String(error)),
  });
}

/** A data folder whose log is known, two witnesses that trust it, and the policy that names them. */
async function witnessedPlace(): Promise<{
  dir: string;
  policyFile: string;
  witnesses: WitnessServer[];
  policy: string;
}> {
  const root = temporaryFolder();
  const dir = join(root, 'data');
  const first = await testCollector({ dataDir: dir });
  await first.close();
  const witnesses = await Promise.all(['red', 'blue'].map((name) => startNamed(root, name, first.vkey)));
  onTestFinished(() => Promise.all(witnesses.map((witness) => witness.close())).then(() => undefined));
  const lines = witnesses.map(({ vkey, url }, at) => `witness ${at === 0 ? 'red' : 'blue'} ${vkey} ${url}\n`);
  const policy = `log ${first.vkey}\n${lines.join('')}group both all red blue\nquorum both\n`;
  const policyFile = join(root, 'policy');
  writeFileSync(policyFile, policy);
  return { dir, policyFile, witnesses, policy };
}

test('checkpoints are cosigned, stored, served, and trusted by the policy; a witness that fails holds up nothing', async () => {
  const { dir, policyFile, witnesses, policy } = await witnessedPlace();
  await using collector = await testCollector({
    dataDir: dir,
    witnessPolicyFile: policyFile,
    witnessIntervalMs: INTERVAL_MS,
  });
  expect((await collector.post(sampleLines(0, 100))).status).toBe(200);
  const size = await witnessed(collector);

  const note = (await collector.call('/ledger/witnessed')).text;
  const read = parsePolicy(nodeSha256, Buffer.from(policy));
  if (!read.ok) throw new Error(JSON.stringify(read.fault));
  const trusted = await trustCheckpoint(read.value, note, nodeVerifyEd25519);
  expect(trusted).toMatchObject({ ok: true, value: { missing: [] } });
  expect(readdirSync(join(dir, 'ledger', 'witnessed')).length).toBeGreaterThan(0);
  // The file stays the log's own word; what is served begins with it.
  const own = readFileSync(join(dir, 'ledger', 'checkpoint'), 'utf8');
  expect(own.split('\n— ').length).toBe(2);
  expect((await collector.call('/ledger/checkpoint')).text.startsWith(own)).toBe(true);
  const metrics = (await collector.call('/metrics')).text;
  expect(metrics).toContain(`portledger_witnessed_blocks ${size}\n`);
  expect(metrics).toMatch(/portledger_witness_cosigned_blocks\{witness="red"\} \d+\n/);

  await witnesses[1]?.close();
  expect((await collector.post(sampleLines(100, 100))).status).toBe(200);
  const after = await until('one witness without the other', async () => {
    await collector.services.ledger.seal();
    const { witnesses: report } = await statusOf(collector);
    const [red, blue] = report.witnesses;
    return red?.size !== undefined && red.size > size && blue?.fault !== undefined ? report : undefined;
  });
  expect(after.witnesses[1]).toMatchObject({ name: 'blue', fault: { code: 'unreachable' } });
  expect(after.witnessed?.size).toBe(size);
});

test('a ledger put back from an old backup is refused by its mark, and by a witness, until the operator accepts it', async () => {
  const { dir, policyFile, witnesses } = await witnessedPlace();
  const options = { dataDir: dir, witnessPolicyFile: policyFile, witnessIntervalMs: INTERVAL_MS };
  const backup = join(temporaryFolder(), 'ledger');
  {
    await using early = await testCollector(options);
    await early.post(sampleLines(0, 10));
    await witnessed(early);
  }
  cpSync(join(dir, 'ledger'), backup, { recursive: true });
  {
    await using late = await testCollector(options);
    await late.post(sampleLines(10, 10));
    await witnessed(late);
  }
  rmSync(join(dir, 'ledger'), { recursive: true });
  cpSync(backup, join(dir, 'ledger'), { recursive: true });
  const before = readFileSync(join(dir, 'ledger', 'checkpoint'), 'utf8');

  await expect(testCollector({ dataDir: dir })).rejects.toMatchObject({ code: 'rolled-back' });
  const mark = join(dir, 'keys', 'high-water');
  const marked = readFileSync(mark);
  rmSync(mark);
  await expect(testCollector(options)).rejects.toMatchObject({
    code: 'behind-witness',
    message: expect.stringMatching(/witness red holds a newer tree than this ledger.*restored from an old backup/),
  });
  expect(readFileSync(join(dir, 'ledger', 'checkpoint'), 'utf8')).toBe(before);
  writeFileSync(mark, marked);

  {
    await using accepted = await testCollector({ ...options, acceptRestored: true });
    const found = await until('the acceptance in the log', async () => {
      const { text } = await accepted.call('/v1/search?q=action%3Aconfig-changed');
      return text.includes('restored ledger accepted') ? text : undefined;
    });
    expect(found).toContain('holds a newer tree');
    await accepted.post(sampleLines(20, 10));
  }
  expect(readdirSync(join(dir, 'keys')).some((name) => name.startsWith('high-water.refused-'))).toBe(true);
  // Accepted once is accepted; the witnesses go on refusing, and the log of the collector goes on saying so.
  await using again = await testCollector(options);
  const refused = await until('the witness goes on refusing', async () => {
    await again.services.ledger.seal();
    const { witnesses: report } = await statusOf(again);
    return report.witnesses.find(({ fault }) => fault !== undefined);
  });
  expect(['ahead', 'forked', 'bad-proof']).toContain(refused.fault?.code);
  expect(witnesses.length).toBe(2);
});
