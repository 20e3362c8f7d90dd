import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BIN, run, start, startProgram, temporaryDir } from './testing/portledger.ts';
import type { Started } from './testing/portledger.ts';

const HOSTILE_USER = '\u001b]0;pwned\u0007mallory';
const LINES = [
  {
    timestamp: '2026-01-02T03:04:05Z',
    user: 'alice',
    src_port: '40000',
    dest_port: '5432',
    action: 'connection-initiated',
  },
  {
    timestamp: '2026-01-02T03:04:06Z',
    user: 'bob',
    src_port: 40_001,
    dest_port: 99_999,
    action: 'connection-initiated',
  },
  'not json at all',
  {
    timestamp: '2026-01-02T03:04:07Z',
    user: HOSTILE_USER,
    src_port: 40_002,
    dest_port: 22,
    action: 'login',
    shoe_size: '44',
  },
];
const CONTENT = LINES.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
const IMPORTED = 'observer_kind:import';
const SCRIPT = '/usr/bin/script';

/** What a command prints of imported records, until the index has them: they are durable before they can be searched. */
async function untilFound(count: number, args: readonly string[]): Promise<string[]> {
  for (const deadline = Date.now() + 10_000; ;) {
    const { code, out, err } = await run(['search', IMPORTED, '--format', 'jsonl', ...args]);
    expect(code, err).toBe(0);
    const lines = out.split('\n').filter((line) => line !== '');
    if (lines.length >= count || Date.now() > deadline) return lines;
  }
}

describe('commands on a running collector', () => {
  let dir = '';
  let dispose: () => PromiseLike<void> = () => Promise.resolve();
  let collector: Started;
  let data: readonly string[] = [];
  let url = '';

  beforeAll(async () => {
    const temporary = await temporaryDir();
    dir = temporary.path;
    dispose = () => temporary[Symbol.asyncDispose]();
    data = ['--data', dir];
    collector = start(['collector', ...data, '--listen', '127.0.0.1:0', '--no-console']);
    [, url = ''] = await collector.says(/listening on (http:\S+)/);
    await writeFile(path.join(dir, 'access.jsonl'), CONTENT);
    await writeFile(path.join(dir, 'access.jsonl.gz'), gzipSync(CONTENT.replaceAll('alice', 'carol')));
  });

  afterAll(async () => {
    collector.child.kill('SIGTERM');
    expect((await collector.ended).code).toBe(0);
    await dispose();
  });

  test('import: what is not understood is named by line, field and reason; the rest is taken in; exit code 1', async () => {
    const file = path.join(dir, 'access.jsonl');
    const { code, out, err } = await run(['import', file, '--format', 'jsonl', ...data]);
    expect(out).toBe(`${file}: 2 records taken in, 2 lines refused\n`);
    expect(err).toContain(`${file}:2: dest_port is 99999`);
    expect(err).toContain(`${file}:3: not JSON`);
    expect(code).toBe(1);
  });

  test('import: the same file again adds nothing; a compressed one and standard input are taken', async () => {
    expect((await run(['import', path.join(dir, 'access.jsonl'), ...data])).out).toContain(
      '0 records taken in, 2 there already, 2 lines refused',
    );
    expect((await run(['import', path.join(dir, 'access.jsonl.gz'), ...data])).out).toContain('2 records taken in');
    const input = `${JSON.stringify(LINES[0])}\n`;
    const piped = await run(['import', '-', '--observer', 'legacy', ...data], { input });
    expect(piped).toEqual({ code: 0, out: 'standard input: 1 record taken in\n', err: '' });
    expect(await run(['import', '-', '--dry-run', ...data], { input })).toMatchObject({
      code: 0,
      out: 'standard input: 1 record would be taken in\n',
    });
  });

  test('search: each format', async () => {
    const all = await untilFound(5, data);
    expect(all).toHaveLength(5);
    const search = async (...args: string[]) =>
      (await run(['search', IMPORTED, '--order', 'asc', ...data, ...args])).out.trimEnd().split('\n');
    const template = await search('--format', 'template', '--limit', '1');
    expect(template).toEqual([
      '{"timestamp":"2026-01-02T03:04:05.000000Z","user":"alice","src_port":"40000","dest_port":"5432","action":"connection-initiated"}',
    ]);
    expect(await search('--format', 'csv', '--fields', 'user,dest_port,labels.shoe_size', '--all')).toEqual([
      'user,dest_port,labels.shoe_size',
      'alice,5432,',
      'carol,5432,',
      'alice,5432,',
      `${HOSTILE_USER},22,44`,
      `${HOSTILE_USER},22,44`,
    ]);
    expect((await search('--format', 'yaml', '--limit', '1'))[0]).toBe('- action: connection-initiated');
    const table = await search();
    expect(table[0]).toMatch(/^TIME \(UTC\) +ACTION +USER/);
    expect(table.join('')).toContain('\\x1b]0;pwned\\x07mallory');
    expect(table.join('')).not.toMatch(/\p{Cc}/u);
  });

  test('search: pages follow on one another, --all and --cursor alike', async () => {
    const args = ['search', IMPORTED, '--format', 'jsonl', ...data];
    const first = await run([...args, '--limit', '2']);
    const cursor = /--cursor (\S+)/.exec(first.err)?.[1] ?? '';
    const rest = await run([...args, '--limit', '1000', '--cursor', cursor]);
    expect(first.out + rest.out).toBe((await run([...args, '--all'])).out);
  });

  test('search: a query that is not understood shows the place, exit code 2', async () => {
    const { code, err } = await run(['search', 'user:alice AND dest_prot:3', ...data]);
    expect(err).toContain('user:alice AND dest_prot:3\n                 ^');
    expect(err).toContain('dest_port');
    expect(code).toBe(2);
  });

  test('top and histogram', async () => {
    const top = await run(['top', 'user', IMPORTED, '--format', 'jsonl', ...data]);
    expect(JSON.parse(top.out.split('\n')[0] ?? '')).toMatchObject({ count: 2 });
    const histogram = await run([
      'histogram',
      IMPORTED,
      '--from',
      '2026-01-01',
      '--to',
      '2026-01-03',
      '--format',
      'csv',
      ...data,
    ]);
    const counts = histogram.out
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[1]));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
  });

  test('tail: the last ones, then what comes; Ctrl-C ends it with 130', async () => {
    const tail = start([
      'tail',
      `${IMPORTED} AND user:(alice OR dave)`,
      '--last',
      '1',
      '--format',
      'template',
      ...data,
    ]);
    await tail.says(/alice/);
    const input = `${JSON.stringify({ ...Object(LINES[0]), user: 'dave' })}\n`;
    for (let sent = 0; !tail.out().includes('dave'); sent += 1) {
      expect(sent).toBeLessThan(20);
      await run(['import', '-', ...data], { input });
    }
    tail.child.kill('SIGINT');
    expect((await tail.ended).code).toBe(130);
  });

  test('verify while it runs', async () => {
    const { code, out, err } = await run(['verify', ...data]);
    expect(code, out + err).toBe(0);
    expect(out).toMatch(/Integrity +PASS +\d+ records? recomputed one by one, in \d+ blocks?/);
  });

  test('tokens: made, used, listed, revoked', async () => {
    const made = await run(['token', 'create', 'grafana', '--role', 'read', ...data]);
    const token = made.out.trim();
    expect(token).toMatch(/^plt_/);
    const use = (args: readonly string[]) =>
      run([...args, '--server', url], { environment: { PORTLEDGER_TOKEN: token } });
    expect((await use(['console'])).out).toContain('#signin=');
    expect((await use(['token', 'list'])).code).toBe(4);
    const list = await run(['token', 'list', ...data]);
    expect(list.out).toContain('grafana');
    expect(list.out).not.toContain(token);
    expect((await run(['token', 'revoke', 'grafana', ...data])).code).toBe(0);
    expect((await use(['console'])).code).toBe(4);
  });

  test('console: a fresh link signs in once', async () => {
    const link = (await run(['console', ...data])).out.trim();
    const code = link.split('#signin=')[1];
    const signIn = () =>
      fetch(`${url}/v1/signin`, {
        method: 'POST',
        body: JSON.stringify({ code }),
        headers: { 'content-type': 'application/json' },
      });
    expect((await signIn()).status).toBe(200);
    expect((await signIn()).status).toBe(401);
  });

  test('doctor tells of the collector', async () => {
    const { out } = await run(['doctor', '--format', 'jsonl', ...data]);
    const findings = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(findings).toContainEqual(expect.objectContaining({ topic: 'collector', state: 'good' }));
  });

  test('a second collector and an index rebuild on the same folder are refused', async () => {
    const second = await run(['collector', ...data, '--listen', '127.0.0.1:0']);
    expect(second.code).toBe(1);
    expect(second.err).toContain('in use by process');
    const rebuild = await run(['index', 'rebuild', ...data]);
    expect(rebuild.code).toBe(1);
    expect(rebuild.err).toContain('a collector is running');
  });

  test('a port in use is told with its remedy', async () => {
    await using other = await temporaryDir();
    const { code, err } = await run(['collector', '--data', other.path, '--listen', new URL(url).host]);
    expect(code).toBe(1);
    expect(err).toContain(`${new URL(url).host} is in use by another program\n  → give another address with --listen`);
  });

  test.skipIf(!existsSync(SCRIPT))('on a terminal: colours and a table that fits it (needs script)', async () => {
    const command = `stty cols 80; ${process.execPath} ${BIN} search ${IMPORTED} --data ${dir}`;
    const { out } = await startProgram(SCRIPT, ['-qec', command, '/dev/null'], { environment: { TERM: 'xterm' } })
      .ended;
    expect(out).toContain('\u001b[2mTIME (UTC)');
    const plain = stripVTControlCharacters(out).split(/\r?\n/);
    for (const line of plain.slice(0, 6)) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(plain.join('')).toContain('\\x1b]0;pwned');
    const none = await startProgram(SCRIPT, ['-qec', command, '/dev/null'], {
      environment: { TERM: 'xterm', NO_COLOR: '1' },
    }).ended;
    expect(none.out).not.toContain('\u001b[');
  });
});

describe('commands on a data folder that nobody has open', () => {
  test('import, search and verify work without a collector; any damage is found, with its place', async () => {
    await using dir = await temporaryDir();
    const data = ['--data', dir.path];
    expect((await run(['import', '-', ...data], { input: `${JSON.stringify(LINES[0])}\n` })).code).toBe(0);
    expect(await untilFound(1, data)).toHaveLength(1);
    expect((await run(['verify', ...data])).code).toBe(0);
    const { code, out } = await run(['tail', ...data, '--format', 'template', '--last', '1']);
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(out))).toEqual(['timestamp', 'user', 'src_port', 'dest_port', 'action']);

    const segments = path.join(dir.path, 'ledger', 'segments', 'default');
    const [first = ''] = await readdir(segments);
    const segment = path.join(segments, first);
    const bytes = await readFile(segment);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await writeFile(segment, bytes);
    const damaged = await run(['verify', ...data]);
    expect(damaged.code).toBe(1);
    expect(damaged.out).toMatch(/Integrity +FAIL[^]*segments\/default\/\d{12}\.ndjson\.zst/);
    expect(damaged.out).toContain('FAILED');
  });
});
