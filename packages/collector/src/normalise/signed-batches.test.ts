import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  batchStatementHash,
  observerKeyChange,
  observerKeyLabels,
  parseLine,
  verifyBatchSignature,
} from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { describe, expect, test } from 'vitest';
import type { Chunk } from '../ledger/ledger.ts';
import { SigningObserver, seenIn } from '../testing/signing-observer.ts';
import { sampleLines, testCollector, until } from '../testing/test-collector.ts';
import type { Answer, TestCollector } from '../testing/test-collector.ts';

type Enrolled = { readonly observer: SigningObserver; readonly token: string };

async function newToken(collector: TestCollector, name: string, role: string, observer = 'web-1'): Promise<string> {
  const body = JSON.stringify({ name, role, observer });
  const headers = { 'content-type': 'application/json' };
  const made = await collector.call('/v1/tokens', { method: 'POST', body, headers });
  const { token }: { readonly token: string } = JSON.parse(made.text);
  return token;
}

async function enrolled(collector: TestCollector, session = 'session-1'): Promise<Enrolled> {
  const observer = new SigningObserver('web-1', session);
  const token = await newToken(collector, 'web-1', 'ingest');
  expect((await observer.enrol(collector, token)).status).toBe(200);
  return { observer, token };
}

function codeOf(answer: Answer): string {
  const { error }: { readonly error?: { readonly code: string } } = JSON.parse(answer.text);
  return error?.code ?? 'none';
}

async function chunks({ services }: TestCollector): Promise<Chunk[]> {
  const found: Chunk[] = [];
  for (let block = 0; ; block += 1) {
    const chunk = await services.ledger.chunk(block);
    if (chunk === undefined) return found;
    found.push(chunk);
  }
}

function linesOf(chunk: Chunk): string[] {
  return Buffer.from(chunk.lines).toString().trimEnd().split('\n');
}

describe('batches of an enrolled observer', () => {
  test('are stored with what was signed, and their key stands in the ledger before them', async () => {
    await using collector = await testCollector();
    const { observer, token } = await enrolled(collector);
    const first = await observer.send(collector, token, 0, 50);
    expect(first.status).toBe(200);
    expect(seenIn(first).root).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect((await observer.send(collector, token, 50, 25, { checkpoint: seenIn(first) })).status).toBe(200);
    await collector.services.ledger.seal();

    const all = await chunks(collector);
    const changes = all.flatMap((chunk) =>
      linesOf(chunk).flatMap((line) => {
        const record = parseLine(line);
        return record.ok ? (observerKeyChange(record.value) ?? []) : [];
      }),
    );
    expect(changes).toEqual([
      { kind: 'registered', observer: 'web-1', keyId: observer.keyId, key: observer.publicKey },
    ]);
    const entries = all.flatMap(({ batches }) => batches.filter((batch) => batch.observer === 'web-1'));
    expect(entries.map(({ first_seq, count }) => [first_seq, count])).toEqual([
      [0, 50],
      [50, 25],
    ]);
    for (const entry of entries) {
      const { signed } = entry;
      if (signed === undefined) throw new Error('unsigned');
      expect(await verifyBatchSignature(nodeVerifyEd25519, observer.publicKey, entry, signed)).toBe(true);
      const altered = { ...signed, count: signed.count + 1 };
      expect(await verifyBatchSignature(nodeVerifyEd25519, observer.publicKey, entry, altered)).toBe(false);
    }
    const [one, two] = entries.map(({ signed }) => signed);
    if (one === undefined) throw new Error('unsigned');
    expect(two?.previous).toBe(batchStatementHash(nodeSha256, observer, one));
    expect(two?.checkpoint).toEqual(seenIn(first));
  });

  test('are refused unsigned, signed by another, altered, of another observer, or with a hole inside', async () => {
    await using collector = await testCollector();
    const { observer, token } = await enrolled(collector);
    const other = new SigningObserver('web-1');
    const lines = sampleLines(0, 10);
    expect(codeOf(await collector.post(lines, {}, token))).toBe('batch-unsigned');
    expect(codeOf(await collector.post(lines))).toBe('batch-unsigned');
    expect(codeOf(await other.send(collector, token, 0, 10))).toBe('batch-key-unknown');
    expect(codeOf(await observer.send(collector, token, 0, 10, { signer: other.privateKey }))).toBe(
      'batch-signature-invalid',
    );
    const altered = lines.replace('user-3', 'user-4');
    expect(codeOf(await observer.send(collector, token, 0, 10, { body: altered }))).toBe('batch-not-as-signed');
    const [, ...rest] = lines.split('\n');
    expect(codeOf(await observer.send(collector, token, 0, 10, { body: rest.join('\n') }))).toBe('batch-not-as-signed');
    expect(codeOf(await observer.send(collector, token, 0, 9, { body: lines }))).toBe('batch-not-as-signed');
    const reader = await newToken(collector, 'web-2', 'ingest', 'web-2');
    expect(codeOf(await observer.send(collector, reader, 0, 10))).toBe('batch-records-refused');
    expect(codeOf(await collector.post(lines, { 'portledger-batch': 'e30=' }, token))).toBe('batch-signature-invalid');
    expect(collector.services.door().records_accepted).toBe(0);
    expect((await observer.send(collector, token, 0, 10)).status).toBe(200);
    // Who is not enrolled sends as before.
    const unsigned = sampleLines(0, 3, { observer: 'web-2' });
    expect((await collector.post(unsigned, {}, reader)).status).toBe(200);
  });

  test('follow one another: a replay adds nothing, a broken chain is refused, a new chain is taken', async () => {
    await using collector = await testCollector();
    const { observer, token } = await enrolled(collector);
    const lines = sampleLines(0, 10);
    const first = observer.sign(lines, 0, 10);
    expect((await observer.post(collector, token, first, lines)).status).toBe(200);
    const replayed = await observer.post(collector, token, first, lines);
    expect(JSON.parse(replayed.text)).toMatchObject({ accepted: 0, duplicates: 10 });
    const elsewhere = Buffer.alloc(32, 7).toString('base64');
    expect(codeOf(await observer.send(collector, token, 10, 5, { previous: elsewhere }))).toBe('batch-chain-broken');
    observer.last = batchStatementHash(nodeSha256, observer, first);
    expect((await observer.send(collector, token, 10, 5)).status).toBe(200);
    observer.last = undefined;
    expect((await observer.send(collector, token, 15, 5)).status).toBe(200);
    expect(codeOf(await observer.send(collector, token, 18, 5, { count: 5 }))).toBe('batch-chain-broken');
  });

  test('are held against their stream after a restart as before', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'portledger-signed-'));
    try {
      let collector = await testCollector({ dataDir: dir });
      const { observer, token } = await enrolled(collector);
      expect((await observer.send(collector, token, 0, 10)).status).toBe(200);
      await collector.close();
      collector = await testCollector({ dataDir: dir });
      const { last } = observer;
      const elsewhere = Buffer.alloc(32, 7).toString('base64');
      expect(codeOf(await observer.send(collector, token, 10, 5, { previous: elsewhere }))).toBe('batch-chain-broken');
      observer.last = last;
      expect((await observer.send(collector, token, 10, 5)).status).toBe(200);
      await collector.close();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

test('the keys are those that the ledger tells of, though the control state is lost, older, or of another ledger', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-keys-'));
  const older = await mkdtemp(join(tmpdir(), 'portledger-older-'));
  const control = (folder: string) => join(folder, 'control.sqlite');
  const again = async (lay: () => Promise<void>): Promise<TestCollector> => {
    await lay();
    return testCollector({ dataDir: dir });
  };
  const lose = async () => {
    for (const suffix of ['', '-wal', '-shm']) await rm(`${control(dir)}${suffix}`, { force: true });
  };
  try {
    let collector = await testCollector({ dataDir: dir });
    const { observer } = await enrolled(collector);
    await observer.send(collector, collector.adminToken, 0, 10);
    await collector.close();
    await cp(control(dir), control(older));

    collector = await again(lose);
    expect(codeOf(await collector.post(sampleLines(10, 5)))).toBe('batch-unsigned');
    expect((await observer.send(collector, collector.adminToken, 10, 5)).status).toBe(200);
    expect(collector.services.observerKeys.list()).toMatchObject([
      { observer: 'web-1', keyId: observer.keyId, by: 'web-1' },
    ]);

    // What came after the backup counts: one key is withdrawn, another registered.
    const second = new SigningObserver('web-2');
    const token = await newToken(collector, 'web-2', 'ingest', 'web-2');
    expect((await second.enrol(collector, token)).status).toBe(200);
    await collector.call('/v1/observers/web-1/key', { method: 'DELETE' });
    await collector.close();
    collector = await again(async () => {
      await lose();
      await cp(control(older), control(dir));
    });
    expect((await collector.post(sampleLines(15, 5))).status).toBe(200);
    expect(codeOf(await collector.post(sampleLines(0, 5, { observer: 'web-2' })))).toBe('batch-unsigned');
    expect((await second.send(collector, collector.adminToken, 0, 5)).status).toBe(200);
    await collector.close();

    // A folder with another ledger, under control state that says it followed more.
    collector = await again(async () => {
      for (const folder of ['ledger', 'keys']) await rm(join(dir, folder), { recursive: true });
    });
    expect(codeOf(await collector.post(sampleLines(0, 5, { observer: 'web-2' })))).toBe('batch-unsigned');
    await collector.close();
  } finally {
    await rm(dir, { recursive: true, force: true });
    await rm(older, { recursive: true, force: true });
  }
});

test('a record that somebody imports tells nothing of keys', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-imported-'));
  try {
    let collector = await testCollector({ dataDir: dir });
    const { observer } = await enrolled(collector);
    const { what, labels } = observerKeyLabels({ kind: 'withdrawn', observer: 'web-1', keyId: observer.keyId });
    const place = { observer: 'test-host/collector', observer_kind: 'system', session: 'imported' } as const;
    const act = sampleLines(0, 1, { ...place, action: 'config-changed', labels: { what, ...labels } });
    expect((await collector.post(act)).status).toBe(200);
    await collector.close();
    for (const suffix of ['', '-wal', '-shm']) await rm(join(dir, `control.sqlite${suffix}`), { force: true });
    collector = await testCollector({ dataDir: dir });
    expect(codeOf(await collector.post(sampleLines(0, 5)))).toBe('batch-unsigned');
    await collector.close();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

describe('enrolment', () => {
  test('takes a first key from an ingest token, another only from an operator, and keeps a record of each', async () => {
    await using collector = await testCollector();
    const { observer, token } = await enrolled(collector);
    expect((await observer.enrol(collector, token)).status).toBe(200); // the same again
    const another = new SigningObserver('web-1', 'session-2');
    expect(codeOf(await another.enrol(collector, token))).toBe('observer-key-taken');
    const enrol = await newToken(collector, 'new-host', 'enrol');
    const done = await another.enrol(collector, enrol);
    expect(done.status).toBe(200);
    const { token: ingest }: { readonly token: string } = JSON.parse(done.text);
    expect((await another.send(collector, ingest, 0, 4)).status).toBe(200);
    expect((await another.enrol(collector, enrol)).status).toBe(401); // used up
    expect(codeOf(await observer.send(collector, token, 0, 4))).toBe('batch-key-unknown');
    const withdrawn = await collector.call('/v1/observers/web-1/key', { method: 'DELETE' });
    expect(withdrawn.status).toBe(204);
    expect((await collector.post(sampleLines(4, 2, { session: 'session-3' }), {}, token)).status).toBe(200);
    const told = (await chunks(collector)).flatMap(linesOf).filter((line) => line.includes('observer-key-'));
    expect(told.map((line) => /observer-key-[a-z]+/.exec(line)?.[0])).toEqual([
      'observer-key-registered',
      'observer-key-registered',
      'observer-key-withdrawn',
    ]);
    expect(told[1]).toContain(`"replaces":"${observer.keyId}"`);
  });

  test('asks for a proof of the key', async () => {
    await using collector = await testCollector();
    const token = await newToken(collector, 'web-1', 'ingest');
    const observer = new SigningObserver('web-2');
    expect(codeOf(await observer.enrol(collector, token))).toBe('key-proof-invalid');
    expect((await observer.enrol(collector, await newToken(collector, 'r', 'read'))).status).toBe(403);
  });
});

test('a ledger that was put back is told by an observer that saw more of it, until the observer begins anew', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-put-back-'));
  const backup = await mkdtemp(join(tmpdir(), 'portledger-backup-'));
  try {
    let collector = await testCollector({ dataDir: dir });
    const { observer, token } = await enrolled(collector);
    await observer.send(collector, token, 0, 10);
    await collector.close();
    await cp(dir, backup, { recursive: true });

    collector = await testCollector({ dataDir: dir });
    const sent = await observer.send(collector, token, 10, 5);
    await collector.services.ledger.seal();
    const seen = seenIn(await observer.send(collector, token, 15, 5));
    expect(seen.size).toBeGreaterThan(seenIn(sent).size);
    expect((await collector.call('/readyz')).status).toBe(200);
    await collector.close();

    // The whole folder is put back, any mark of how far it was with it.
    await rm(dir, { recursive: true });
    await cp(backup, dir, { recursive: true });
    for (const isRestarted of [false, true]) {
      collector = await testCollector({ dataDir: dir });
      if (!isRestarted) {
        observer.last = undefined;
        expect((await observer.send(collector, token, 20, 5, { checkpoint: seen })).status).toBe(200);
      }
      expect(
        codeOf(
          await until(
            () => collector.call('/readyz'),
            ({ status }) => status === 503,
          ),
        ),
      ).toBe('ledger-put-back');
      expect(JSON.parse((await collector.call('/v1/status')).text)).toMatchObject({
        doubts: [{ observer: 'web-1', kind: 'ahead', seen_size: seen.size, seen_root: seen.root }],
      });
      expect((await collector.call('/metrics')).text).toContain('portledger_ledger_doubts 1');
      await collector.close();
    }
    collector = await testCollector({ dataDir: dir });
    const told = (await chunks(collector)).flatMap(linesOf).filter((line) => line.includes('ledger-put-back'));
    expect(told).toHaveLength(1);
    await collector.call('/v1/observers/web-1/key', { method: 'DELETE' });
    await until(
      () => collector.call('/readyz'),
      ({ status }) => status === 200,
    );
    await collector.close();
  } finally {
    await rm(dir, { recursive: true, force: true });
    await rm(backup, { recursive: true, force: true });
  }
});
