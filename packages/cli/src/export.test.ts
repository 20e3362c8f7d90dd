import { readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalLine } from '@portledger/format';
import { startCollector } from '@portledger/collector';
import type { Collector } from '@portledger/collector';
import { run, temporaryDir } from './testing/portledger.ts';

const RECORDS = 700;

function lines(): string {
  return Array.from({ length: RECORDS }, (_, seq) => {
    const stream = { observer: 'web-1', observer_kind: 'agent', session: 'a', seq } as const;
    const timestamp = '2026-11-22T14:36:49.123456Z';
    return `${canonicalLine({ v: 1, timestamp, action: 'connection-closed', user: `user-${seq % 7}`, ...stream })}\n`;
  }).join('');
}

describe('an export', () => {
  let dir: AsyncDisposable & { readonly path: string };
  let collector: Collector;
  const at = (name: string): string => path.join(dir.path, name);

  beforeAll(async () => {
    dir = await temporaryDir();
    const listen = { host: '127.0.0.1', port: 0 };
    collector = await startCollector({ dataDir: at('data'), listen, sealIntervalMs: 100, logLevel: 'error' });
    const headers = { authorization: `Bearer ${collector.adminToken}` };
    const sent = await fetch(`${collector.url}/v1/records`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      body: lines(),
    });
    expect(sent.status).toBe(200);
    const found = async (): Promise<boolean> => {
      const answer = await fetch(`${collector.url}/v1/search?q=user:user-6&limit=1000`, { headers });
      const isSealed =
        Number((await (await fetch(`${collector.url}/ledger/checkpoint`, { headers })).text()).split('\n')[1]) > 1;
      return isSealed && (await answer.text()).includes('"seq":699');
    };
    for (const deadline = Date.now() + 20_000; Date.now() < deadline && !(await found()););
  }, 40_000);
  afterAll(async () => {
    await collector.close();
    await dir[Symbol.asyncDispose]();
  });

  test.each(['pack.tar.zst', 'pack.tar', 'pack'])(
    'of records into %s is proven anywhere, and any change of it is found',
    async (name) => {
      const data = ['--data', at('data')];
      const made = await run(['export', 'user:user-3', ...data, '--out', at(name)]);
      expect(made).toMatchObject({ code: 0, err: '' });
      expect(made.out).toMatch(/^100 records in /);
      const key = ['--key', collector.vkey];
      const good = await run(['verify', at(name), ...key]);
      expect(good.code, good.out + good.err).toBe(0);
      expect(good.out).toMatch(/Integrity +PASS +100 records[^]*only the whole ledger can show[^]*PASS/);
      const foreign = 'example.com/other+ccc5ed1e+AaN4NkMBH9SxqcwNnSlAGAxULqXv0fVEAPqhcDnYFbKe';
      expect((await run(['verify', at(name), '--key', foreign])).code).not.toBe(0);
      if (name === 'pack.tar.zst') return;
      const copy = at(`${name}.changed`);
      await cp(at(name), copy, { recursive: true });
      const file = name === 'pack' ? path.join(copy, 'proofs.ndjson') : copy;
      writeFileSync(file, readFileSync(file, 'latin1').replaceAll('user-3\\"', 'user-4\\"'), 'latin1');
      const changed = await run(['verify', copy, ...key]);
      expect(changed.code).toBe(1);
      expect(changed.out).toMatch(/Integrity +FAIL[^]*proof-damaged/);
    },
    60_000,
  );

  test('of the whole ledger is a folder that verifies, of a running collector; all exports are recorded', async () => {
    const data = ['--data', at('data')];
    const made = await run(['ledger', 'export', at('ledger'), ...data]);
    expect(made).toMatchObject({ code: 0, err: '' });
    const good = await run(['verify', at('ledger'), '--key', collector.vkey]);
    expect(good.code, good.out).toBe(0);
    expect(good.out).toMatch(/Integrity +PASS[^]*Retention +PASS +every block is stored/);
    const served = await run(['verify', collector.url, '--token', collector.adminToken, '--key', collector.vkey]);
    expect(served.code, served.out + served.err).toBe(0);
    expect(served.out).toMatch(/can’t be listed there/);
    expect((await run(['ledger', 'export', at('ledger'), ...data])).code).toBe(2);
    for (const deadline = Date.now() + 10_000; ;) {
      const { out } = await run(['search', 'action:exported', ...data, '--format', 'jsonl']);
      if (out.includes('"what":"records"') && out.includes('"what":"ledger"')) break;
      expect(Date.now()).toBeLessThan(deadline);
    }
  }, 60_000);
});
