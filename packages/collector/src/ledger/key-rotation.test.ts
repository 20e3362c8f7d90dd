import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  followHandovers,
  formatVerifierKey,
  openHandover,
  parseVerifierKey,
  verifyCheckpoint,
} from '@portledger/format';
import type { VerifierKey } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { openLedger } from './ledger.ts';
import { sampleLines, testCollector } from '../testing/test-collector.ts';

const CHILD = new URL('./testing/rotating-child.ts', import.meta.url).pathname;

function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-rotation-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function keyOf(vkey: string): VerifierKey {
  const key = parseVerifierKey(nodeSha256, vkey);
  if (!key.ok) throw new Error(key.fault.message);
  return key.value;
}

function vkeyIn(dir: string): string {
  return readFileSync(join(dir, 'ledger', 'vkey'), 'utf8').trim();
}

function notesIn(dir: string): string[] {
  const folder = join(dir, 'ledger', 'keys');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

async function isSignedBy(dir: string, vkey: string): Promise<boolean> {
  const note = readFileSync(join(dir, 'ledger', 'checkpoint'), 'utf8');
  return (await verifyCheckpoint(note, vkey, nodeSha256, nodeVerifyEd25519)).ok;
}

test('a running collector goes on under a new key, which the old one leads to', async () => {
  const dir = join(temporaryFolder(), 'data');
  const first = await testCollector({ dataDir: dir });
  const old = first.vkey;
  const seen: string[] = [old];
  try {
    await first.post(sampleLines(0, 20));
    for (let turn = 0; turn < 2; turn += 1) {
      const answer = await first.call('/v1/keys/rotate', { method: 'POST' });
      expect(answer.status, answer.text).toBe(200);
      seen.push(JSON.parse(answer.text).vkey);
      expect(JSON.parse((await first.call('/v1/status')).text).vkey).toBe(seen.at(-1));
      await first.post(sampleLines(20 + turn * 20, 20));
      await first.services.ledger.seal();
    }
    const told: { handovers: string[] } = JSON.parse((await first.call('/v1/keys')).text);
    expect(told.handovers).toEqual(notesIn(dir));
    expect((await first.call('/v1/keys/rotate', { method: 'POST', token: first.agentToken })).status).toBe(403);
  } finally {
    await first.close();
  }
  expect(new Set(seen).size).toBe(3);
  expect(new Set(seen.map((vkey) => vkey.split('+', 1)[0])).size).toBe(1);
  const followed = await followHandovers(keyOf(old), notesIn(dir), nodeSha256, nodeVerifyEd25519);
  if (!followed.ok) throw new Error(followed.fault.message);
  expect(followed.value.spans.map(({ key }) => formatVerifierKey(key))).toEqual(seen);
  const later = await followHandovers(keyOf(seen[1] ?? ''), notesIn(dir), nodeSha256, nodeVerifyEd25519);
  expect(later.ok && later.value.spans.length).toBe(2);
  expect(vkeyIn(dir)).toBe(seen[2]);
  expect(await isSignedBy(dir, seen[2] ?? '')).toBe(true);
  expect(statSync(join(dir, 'keys', 'ledger.key')).mode & 0o777).toBe(0o600);
  expect(existsSync(join(dir, 'keys', 'ledger-next.key'))).toBe(false);

  await using again = await testCollector({ dataDir: dir });
  expect(again.vkey).toBe(seen[2]);
  await expect
    .poll(async () => (await again.call('/v1/search?q=action%3Aconfig-changed')).text, { timeout: 10_000 })
    .toContain(seen[2]?.split('+')[1]);
});

test('a handover is not one where anybody altered it, or either key did not sign', async () => {
  const dir = join(temporaryFolder(), 'data');
  await using collector = await testCollector({ dataDir: dir });
  await collector.call('/v1/keys/rotate', { method: 'POST' });
  const [note = ''] = notesIn(dir);
  expect((await openHandover(note, nodeSha256, nodeVerifyEd25519)).ok).toBe(true);
  const lines = note.split('\n');
  for (const at of [6, 7]) {
    const without = lines.filter((_, index) => index !== at).join('\n');
    expect((await openHandover(without, nodeSha256, nodeVerifyEd25519)).ok, `without line ${at}`).toBe(false);
  }
  for (let at = 0; at < note.length; at += 1) {
    const character = note[at] === 'A' ? 'B' : 'A';
    const altered = `${note.slice(0, at)}${character}${note.slice(at + 1)}`;
    expect((await openHandover(altered, nodeSha256, nodeVerifyEd25519)).ok, `character ${at}`).toBe(false);
  }
});

test(
  'a rotation that is killed before any of its steps ends with the old key or the new one, whole',
  { timeout: 60_000 },
  async () => {
    const root = temporaryFolder();
    const origin = join(root, 'origin');
    const first = await testCollector({ dataDir: origin });
    await first.post(sampleLines(0, 20));
    await first.close();
    const outcomes = new Set<string>();
    for (let step = 1; ; step += 1) {
      const dir = join(root, `step-${step}`);
      cpSync(origin, dir, { recursive: true });
      const child = spawnSync(process.execPath, [CHILD, dir, String(step)], { encoding: 'utf8' });
      const isDone = child.signal === null;
      if (isDone) expect(child, child.stderr).toMatchObject({ status: 0 });
      {
        await using opened = await openLedger({ dir, clock: () => Date.now() * 1_000 });
        expect(opened.head().vkey).toBe(vkeyIn(dir));
      }
      const vkey = vkeyIn(dir);
      expect(await isSignedBy(dir, vkey), `step ${step}`).toBe(true);
      expect(existsSync(join(dir, 'keys', 'ledger-next.key')), `step ${step}`).toBe(false);
      const followed = await followHandovers(keyOf(first.vkey), notesIn(dir), nodeSha256, nodeVerifyEd25519);
      if (!followed.ok) throw new Error(followed.fault.message);
      expect(followed.value.spans.map(({ key }) => formatVerifierKey(key)).at(-1), `step ${step}`).toBe(vkey);
      outcomes.add(vkey === first.vkey ? 'old' : 'new');
      if (isDone) {
        expect(step).toBeGreaterThan(5);
        break;
      }
    }
    expect([...outcomes].sort()).toEqual(['new', 'old']);
  },
);
