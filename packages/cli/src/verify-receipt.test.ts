import { readFileSync, writeFileSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalLine } from '@portledger/format';
import { startCollector } from '@portledger/collector';
import type { Collector } from '@portledger/collector';
import { run, temporaryDir } from './testing/portledger.ts';

type Answer = {
  readonly receipt: {
    readonly origin: string;
    readonly received: string;
    readonly count: number;
    readonly duplicates?: readonly object[];
    readonly lines_sha256: string;
    readonly records: readonly { readonly block: number; readonly position: number; readonly count: number }[];
  };
};

function lines(session: string, first: number, count: number): string {
  return Array.from({ length: count }, (_, at) => {
    const stream = { observer: 'web-1', observer_kind: 'agent', session, seq: first + at } as const;
    const timestamp = '2026-11-22T14:36:49.123456Z';
    return `${canonicalLine({ v: 1, timestamp, action: 'connection-closed', user: `user-${first + at}`, ...stream })}\n`;
  }).join('');
}

describe('a receipt', () => {
  let dir: AsyncDisposable & { readonly path: string };
  let collector: Collector;
  let answer: Answer;
  let again: Answer;
  const data = () => path.join(dir.path, 'data');

  async function send(body: string): Promise<Answer> {
    const response = await fetch(`${collector.url}/v1/records`, {
      method: 'POST',
      headers: { authorization: `Bearer ${collector.adminToken}`, 'content-type': 'application/x-ndjson' },
      body,
    });
    expect(response.status).toBe(200);
    const sent: Answer = await response.json();
    return sent;
  }

  async function redeem(receipt: unknown, ...args: readonly string[]) {
    const file = path.join(dir.path, 'receipt.json');
    writeFileSync(file, typeof receipt === 'string' ? receipt : JSON.stringify(receipt));
    return run(['verify', file, ...args]);
  }

  beforeAll(async () => {
    dir = await temporaryDir();
    collector = await startCollector({
      dataDir: data(),
      listen: { host: '127.0.0.1', port: 0 },
      sealIntervalMs: 300,
      logLevel: 'error',
    });
    // Several streams, and more records than one answer proves.
    answer = await send(lines('a', 0, 400) + lines('b', 0, 100) + lines('a', 400, 200));
    again = await send(lines('b', 50, 100));
    const sealed = () =>
      fetch(`${collector.url}/ledger/checkpoint`, { headers: { authorization: `Bearer ${collector.adminToken}` } });
    const last = Math.max(...[answer, again].flatMap(({ receipt }) => receipt.records.map(({ block }) => block)));
    for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
      const size = Number((await (await sealed()).text()).split('\n')[1]);
      if (size > last) break;
    }
  });
  afterAll(async () => {
    await collector.close();
    await dir[Symbol.asyncDispose]();
  });

  test('is redeemed in the folder, while the collector runs, and at the server', async () => {
    const inFolder = await redeem(answer, '--data', data(), '--vkey', collector.vkey);
    expect(inFolder.err).toBe('');
    expect(inFolder.out).toMatch(/700 records[\s\S]*the key that you gave[\s\S]*is in the log as it was sent\./);
    expect(inFolder.code).toBe(0);
    writeFileSync(path.join(dir.path, 'token'), collector.adminToken);
    const server = ['--server', collector.url, '--token-file', path.join(dir.path, 'token')];
    const atServer = await redeem(answer.receipt, ...server, '--format', 'json');
    expect(JSON.parse(atServer.out)).toMatchObject({ ok: true, records: 700 });
    expect(atServer.code).toBe(0);
    const unsealed = { ...answer.receipt, records: [{ block: 99_999, position: 0, count: 9_000 }] };
    expect((await redeem(unsealed, ...server)).out).toMatch(/FAILED: .*\(malformed-receipt\)/);
    const beyond = { ...answer.receipt, count: 1, records: [{ block: 99_999, position: 0, count: 1 }] };
    expect((await redeem(beyond, ...server)).out).toMatch(/\(not-found\)/);
  });

  test('also covers what the ledger held before: a sender whose answer was lost gets one that holds', async () => {
    const server = ['--server', collector.url, '--token-file', path.join(dir.path, 'token')];
    writeFileSync(path.join(dir.path, 'token'), collector.adminToken);
    const sentTwice = await send(lines('a', 0, 400) + lines('b', 0, 100) + lines('a', 400, 200));
    expect(sentTwice.receipt).toMatchObject({ count: 700, records: [] });
    for (const [receipt, records, duplicates] of [
      [again, 100, 50],
      [sentTwice, 700, 700],
    ] as const) {
      for (const where of [['--data', data()], server]) {
        const redeemed = await redeem(receipt, ...where, '--format', 'json');
        expect(JSON.parse(redeemed.out), where[0]).toMatchObject({ ok: true, records, duplicates });
        expect(redeemed.code).toBe(0);
      }
    }
    expect((await redeem(again, '--data', data())).out).toMatch(/50 records of them had been sent before/);
  });

  test('says what is wrong, and that is never a pass', async () => {
    const { receipt } = answer;
    const [first = { block: 0, position: 0, count: 1 }, ...rest] = receipt.records;
    const rotated = [
      { ...first, position: first.position + 1, count: first.count - 1 },
      ...rest,
      { ...first, count: 1 },
    ];
    const changedDuplicates = (change: object) => ({
      ...again.receipt,
      duplicates: again.receipt.duplicates?.map((run) => ({ ...run, ...change })),
    });
    // A number that was taken: the ledger keeps what it held, and the receipt must not say otherwise.
    const otherLines = await send(lines('b', 0, 1).replace('user-0', 'mallory'));
    const cases: readonly (readonly [unknown, string])[] = [
      ['{', 'malformed-receipt'],
      [{ ...receipt, lines_sha256: '0'.repeat(64) }, 'lines-differ'],
      [{ ...receipt, records: rotated }, 'lines-differ'],
      [{ ...receipt, records: [{ ...first, block: 99_999 }, ...rest] }, 'not-sealed'],
      [{ ...receipt, count: 1, records: [{ ...first, position: 8_191, count: 1 }] }, 'not-found|lines-differ'],
      [{ ...again.receipt, duplicates: [] }, 'malformed-receipt'],
      [changedDuplicates({ first_seq: 51 }), 'lines-differ'],
      [changedDuplicates({ first_seq: 5_000 }), 'not-found'],
      [changedDuplicates({ session: 'c' }), 'not-found'],
      [otherLines, 'lines-differ'],
    ];
    for (const [changed, code] of cases) {
      const { code: exit, out } = await redeem(changed, '--data', data());
      expect(exit, code).toBe(1);
      expect(out).toMatch(new RegExp(`FAILED: .*\\((${code})\\)\\.\n$`));
    }
  });

  test('is not redeemed by a ledger that was tampered with, cut off, or is not there', async () => {
    const copy = path.join(dir.path, 'copy');
    await cp(path.join(data(), 'ledger'), path.join(copy, 'ledger'), { recursive: true });
    const segments = path.join(copy, 'ledger', 'segments');
    await cp(segments, path.join(dir.path, 'kept'), { recursive: true });
    await rm(segments, { recursive: true });
    expect((await redeem(answer, '--data', copy)).out).toMatch(
      /no longer stored, and nothing in the log says that it was pruned/,
    );
    await cp(path.join(dir.path, 'kept'), segments, { recursive: true });
    const tiles = path.join(copy, 'ledger', 'tile', '0');
    const entries = await readdir(tiles, { recursive: true, withFileTypes: true });
    const tile = entries.find((entry) => entry.isFile());
    const file = path.join(tile?.parentPath ?? '', tile?.name ?? '');
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length; at += 32) bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect((await redeem(answer, '--data', copy)).out).toMatch(/FAILED: .*\(not-proven\)/);
    const nowhere = await redeem(answer, '--data', dir.path);
    expect(nowhere).toMatchObject({ code: 2, out: '' });
    expect((await run(['verify', path.join(dir.path, 'none.json')])).code).toBe(2);
    expect((await run(['verify', '--server', collector.url])).code).toBe(4);
  });
});
