import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const CHILD = new URL('./testing/snapshot-child.ts', import.meta.url).pathname;

test('the private key is neither in the main thread’s heap nor in the log', { timeout: 60_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-secrecy-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const child = spawnSync(process.execPath, [CHILD, dir], { encoding: 'utf8' });
  expect(child.status, child.stderr).toBe(0);
  const heap = readFileSync(join(dir, 'heap.heapsnapshot'), 'latin1');
  const pem = readFileSync(join(dir, 'data', 'keys', 'ledger.key'), 'utf8');
  const seed = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const vkey = readFileSync(join(dir, 'data', 'ledger', 'vkey'), 'utf8').trim();
  // The search is one that finds: the public key is there.
  expect(heap).toContain(vkey.split('+')[1]);
  const body = pem.split('\n')[1] ?? '';
  for (const [what, text] of Object.entries({
    body,
    tail: body.slice(-40),
    hex: seed.toString('hex'),
    base64: seed.toString('base64'),
    bytes: seed.toString('latin1'),
    header: '-----BEGIN PRIVATE KEY-----\\nMC4',
  })) {
    expect(heap.includes(text), `${what} in the heap`).toBe(false);
    expect((child.stdout + child.stderr).includes(text), `${what} in the log`).toBe(false);
  }
});
