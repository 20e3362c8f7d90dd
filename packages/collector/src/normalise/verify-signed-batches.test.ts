import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLedger } from '../ledger/ledger.ts';
import { testBatch } from '../ledger/testing/test-batches.ts';
import { verifyFolder } from '../ledger/verify-folder.ts';
import { SigningObserver, seenIn } from '../testing/signing-observer.ts';
import type { Otherwise } from '../testing/signing-observer.ts';
import { testCollector } from '../testing/test-collector.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-signing-'));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return join(dir, 'data');
}

/** A ledger of an enrolled observer with two signed batches, then `tamper` by its operator, who has the log's key. */
async function tampered(otherwise: Otherwise | 'unsigned' | undefined) {
  const dataDir = folder();
  const observer = new SigningObserver('host-1', 's');
  {
    await using collector = await testCollector({ dataDir });
    const body = JSON.stringify({ name: 'host-1', role: 'ingest', observer: 'host-1' });
    const headers = { 'content-type': 'application/json' };
    const { token }: { readonly token: string } = JSON.parse(
      (await collector.call('/v1/tokens', { method: 'POST', body, headers })).text,
    );
    expect((await observer.enrol(collector, token)).status).toBe(200);
    const first = await observer.send(collector, token, 0, 50);
    expect((await observer.send(collector, token, 50, 25, { checkpoint: seenIn(first) })).status).toBe(200);
    await collector.services.ledger.seal();
  }
  if (otherwise !== undefined) {
    const ledger = await openLedger({ dir: dataDir, clock: () => Date.now() * 1_000 });
    const batch = testBatch('s', 75, 5);
    const signed = observer.sign(Buffer.from(batch.lines).toString(), 75, 5, otherwise === 'unsigned' ? {} : otherwise);
    expect((await ledger.append([otherwise === 'unsigned' ? batch : { ...batch, signed }])).ok).toBe(true);
    await ledger.seal();
    await ledger.close();
  }
  return verifyFolder(dataDir, { threads: 0 });
}

test('what an observer signed is verified, and told', async () => {
  for (const otherwise of [undefined, {}]) {
    const report = await tampered(otherwise);
    expect(report.findings).toEqual([]);
    expect(report.signing).toMatchObject([{ observer: 'host-1', unsigned: 0, inParts: 0 }]);
    expect(report.signing[0]?.signed).toBe(otherwise === undefined ? 2 : 3);
  }
});

test('what it did not sign so fails', async () => {
  const wrong: readonly (Otherwise | 'unsigned')[] = [
    'unsigned',
    { lines_sha256: '0'.repeat(64) },
    { previous: Buffer.alloc(32).toString('base64') },
    { checkpoint: { size: 1, root: Buffer.alloc(32).toString('base64') } },
    { key: '0'.repeat(16) },
    { signer: new SigningObserver('host-1').privateKey },
  ];
  for (const otherwise of wrong) {
    const report = await tampered(otherwise);
    expect([...new Set(report.findings.map(({ code }) => code))], JSON.stringify(otherwise)).toEqual([
      'batch-signature',
    ]);
    expect(report.sections).toMatchObject({ integrity: 'pass', signatures: 'fail' });
  }
}, 30_000);
