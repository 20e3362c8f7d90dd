import { canonicalLine, parseLine } from '@portledger/format';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEMPLATE, sampleLines, sampleRecord, testCollector } from '../../testing/test-collector.ts';
import type { TestCollector } from '../../testing/test-collector.ts';

let collector: TestCollector;
beforeAll(async () => {
  collector = await testCollector();
});
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
});

const JSON_BODY = { 'content-type': 'application/json' };

async function lineAt(block: number, position: number): Promise<string> {
  const answer = await collector.call(`/v1/records/${block}/${position}`);
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text).line;
}

describe('what is taken', () => {
  test('the five-field template as it stands, numbered by the collector', async () => {
    const answer = await collector.post(JSON.stringify(TEMPLATE), JSON_BODY);
    expect(answer.status).toBe(200);
    const { accepted, receipt } = JSON.parse(answer.text);
    expect(accepted).toBe(1);
    const [{ block, position }] = receipt.records;
    const record = parseLine(await lineAt(block, position));
    expect(record).toMatchObject({
      ok: true,
      value: {
        user: 'alice',
        src_port: 51_234,
        dest_port: 5432,
        observer: 'test-host/import',
        observer_kind: 'import',
        v: 1,
      },
    });
  });

  test('unnumbered records of one sender are one stream without holes, whatever was refused between them', async () => {
    const seqs: number[] = [];
    const sessions = new Set<string>();
    for (const body of [[TEMPLATE, { nothing: 1 }, TEMPLATE], [{ nothing: 1 }], [TEMPLATE]]) {
      const answer = await collector.post(JSON.stringify(body), JSON_BODY);
      for (const { block, position, count } of JSON.parse(answer.text).receipt.records) {
        for (let at = position; at < position + count; at += 1) {
          const record = parseLine(await lineAt(block, at));
          if (!record.ok) throw new Error(record.fault.message);
          seqs.push(record.value.seq);
          sessions.add(record.value.session);
        }
      }
    }
    const first = seqs[0] ?? -1;
    expect(seqs).toEqual([first, first + 1, first + 2]);
    expect(sessions.size).toBe(1);
  });

  test('canonical lines are stored byte for byte, and the receipt hashes the body', async () => {
    const body = sampleLines(0, 300, { session: 'bytes' });
    const answer = await collector.post(body);
    expect(answer.status).toBe(200);
    const { accepted, duplicates, refused_total: refused, receipt } = JSON.parse(answer.text);
    expect({ accepted, duplicates, refused }).toEqual({ accepted: 300, duplicates: 0, refused: 0 });
    expect(receipt.lines_sha256).toBe(createHash('sha256').update(body).digest('hex'));
    expect(receipt.count).toBe(300);
    const [{ block, position }] = receipt.records;
    expect(await lineAt(block, position + 7)).toBe(body.split('\n')[7]);
  });

  test.each([
    ['gzip', (body: Buffer) => gzipSync(body)],
    ['zstd', (body: Buffer) => zstdCompressSync(body)],
    ['gzip', (body: Buffer) => Buffer.concat([gzipSync(body.subarray(0, 900)), gzipSync(body.subarray(900))])],
    [
      'zstd',
      (body: Buffer) => Buffer.concat([zstdCompressSync(body.subarray(0, 900)), zstdCompressSync(body.subarray(900))]),
    ],
  ])('a %s body, whole and in several frames', async (encoding, compress) => {
    const session = `${encoding}-${compress.toString().length}`;
    const body = Buffer.from(sampleLines(0, 50, { session }));
    const answer = await collector.post(compress(body), { 'content-encoding': encoding });
    expect(JSON.parse(answer.text)).toMatchObject({ accepted: 50, refused_total: 0 });
  });

  test('a JSON array of canonical, foreign and pretty-printed records', async () => {
    const canonical = canonicalLine(sampleRecord(0, { session: 'array' }));
    const body = `\n [ ${canonical},${JSON.stringify(TEMPLATE, undefined, 2)} ,\n${canonicalLine(sampleRecord(1, { session: 'array' }))}]\n`;
    const answer = await collector.post(body, JSON_BODY);
    expect(JSON.parse(answer.text)).toMatchObject({ accepted: 3, refused_total: 0 });
  });

  test('a byte order mark, CRLF, blank lines and a missing last newline', async () => {
    const lines = sampleLines(0, 3, { session: 'crlf' }).split('\n');
    const answer = await collector.post(`\uFEFF${lines[0]}\r\n\r\n  \n${lines[1]}\n${lines[2]}`);
    expect(JSON.parse(answer.text)).toMatchObject({ accepted: 3, refused_total: 0 });
  });

  test('redelivery makes no duplicate', async () => {
    const body = sampleLines(0, 20, { session: 'again' });
    await collector.post(body);
    const again = await collector.post(body + sampleLines(20, 5, { session: 'again' }));
    expect(JSON.parse(again.text)).toMatchObject({ accepted: 5, duplicates: 20 });
  });

  test('an export that lists the latest first leaves no hole', async () => {
    const lines = sampleLines(0, 200, { session: 'backwards' }).trimEnd().split('\n').toReversed();
    const first = await collector.post(`${lines.slice(0, 100).join('\n')}\n`);
    expect(JSON.parse(first.text).accepted).toBe(100);
    const second = await collector.post(`${lines.slice(100).join('\n')}\n`);
    expect(JSON.parse(second.text)).toMatchObject({ accepted: 100, duplicates: 0 });
  });

  test('two streams whose lines alternate', async () => {
    const [one, two] = ['left', 'right'].map((session) => sampleLines(0, 50, { session }).trimEnd().split('\n'));
    const mixed = one?.flatMap((line, index) => [line, two?.[index]]).join('\n');
    const answer = await collector.post(`${mixed}\n`);
    expect(JSON.parse(answer.text)).toMatchObject({ accepted: 100, refused_total: 0 });
  });
});

describe('what is refused', () => {
  test('bad lines are named; good ones between them are taken', async () => {
    const good = sampleLines(0, 2, { session: 'mixed' }).trimEnd().split('\n');
    const bad = [
      '{"broken',
      '[1,2]',
      JSON.stringify({ ...TEMPLATE, dest_port: 70_000 }),
      JSON.stringify({ ...TEMPLATE, timestamp: 'noon' }),
    ];
    const body = [good[0], bad[0], bad[1], good[1], bad[2], bad[3]].join('\n');
    const answer = await collector.post(body);
    expect(answer.status).toBe(200);
    const { accepted, refused, refused_total: total } = JSON.parse(answer.text);
    expect(accepted).toBe(2);
    expect(total).toBe(4);
    expect(refused).toMatchObject([
      { line: 2, code: 'not-json' },
      { line: 3, code: 'not-an-object' },
      { line: 5, field: 'dest_port', code: 'out-of-range' },
      { line: 6, field: 'timestamp', code: 'malformed-timestamp' },
    ]);
  });

  test('refused lines stand in the quarantine before the answer', async () => {
    await collector.post('{"quarantine-me": true}\n');
    const dir = join(collector.dir, 'quarantine');
    const files = await readdir(dir);
    const text = (await Promise.all(files.map((file) => readFile(join(dir, file), 'utf8')))).join('');
    const entries = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.find((entry) => entry.raw === '{"quarantine-me": true}')).toMatchObject({
      sender: 'admin',
      line: 1,
    });
  });

  test('when all are refused the answer is 422 of the same shape', async () => {
    const answer = await collector.post('{}\n{}\n');
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text)).toMatchObject({
      accepted: 0,
      refused_total: 2,
      receipt: { count: 0, records: [] },
    });
  });

  test('an ingest token writes only as its own observer, and never as the system', async () => {
    const body = [
      sampleLines(0, 1, { observer: 'test-host', session: 'own' }),
      sampleLines(0, 1, { observer: 'other-host', session: 'own' }),
      `${JSON.stringify({ ...TEMPLATE, observer: 'other-host', session: 's', seq: 0, observer_kind: 'agent' })}\n`,
      sampleLines(1, 1, { observer: 'test-host', session: 'own', observer_kind: 'system' }),
    ].join('');
    const answer = await collector.post(body, {}, collector.agentToken);
    expect(JSON.parse(answer.text)).toMatchObject({
      accepted: 1,
      refused: [
        { line: 2, field: 'observer', code: 'observer-mismatch' },
        { line: 3, field: 'observer', code: 'observer-mismatch' },
        { line: 4, field: 'observer_kind', code: 'observer-kind-reserved' },
      ],
    });
  });

  test('nobody numbers ahead of the collector in a stream of its own', async () => {
    const posted = await collector.post(JSON.stringify(TEMPLATE), JSON_BODY);
    const [{ block, position }] = JSON.parse(posted.text).receipt.records;
    const line = await lineAt(block, position);
    const record = parseLine(line);
    if (!record.ok) throw new Error(record.fault.message);
    const ahead = canonicalLine({ ...record.value, seq: record.value.seq + 1 });
    const answer = await collector.post(`${line}\n${ahead}\n`);
    expect(JSON.parse(answer.text)).toMatchObject({
      duplicates: 1,
      accepted: 0,
      refused: [{ line: 2, code: 'session-reserved' }],
    });
    const next = await collector.post(JSON.stringify(TEMPLATE), JSON_BODY);
    expect(JSON.parse(next.text)).toMatchObject({ accepted: 1, duplicates: 0 });
  });

  test('a record with a session but no number is refused', async () => {
    const answer = await collector.post(JSON.stringify({ ...TEMPLATE, observer: 'x', session: 's' }), JSON_BODY);
    expect(JSON.parse(answer.text)).toMatchObject({ accepted: 0, refused: [{ line: 1, code: 'incomplete-stream' }] });
  });
});

describe('bodies that cannot be read', () => {
  test.each([
    ['an empty body', '', 'application/x-ndjson', 400, 'body-empty'],
    ['blank lines only', '\n\n', 'application/x-ndjson', 400, 'body-empty'],
    ['an empty array', '[]', 'application/json', 400, 'body-empty'],
    ['an unclosed array', '[{}', 'application/json', 400, 'body-invalid'],
    ['something after the array', '[{}] x', 'application/json', 400, 'body-invalid'],
    ['two objects as JSON', '{} {}', 'application/json', 400, 'body-invalid'],
    ['an unclosed string', '["abc', 'application/json', 400, 'body-invalid'],
    ['another type', 'a,b', 'text/csv', 415, 'content-type-unsupported'],
  ])('%s', async (_name, body, type, status, code) => {
    const answer = await collector.post(body, { 'content-type': type });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error).toMatchObject({ code, message: expect.any(String) });
  });

  test('an unknown encoding and broken compressed bytes', async () => {
    const unknown = await collector.post('x', { 'content-encoding': 'br' });
    expect([unknown.status, JSON.parse(unknown.text).error.code]).toEqual([415, 'content-encoding-unsupported']);
    const compressed = [gzipSync('{}'), zstdCompressSync('{}')];
    for (const [index, encoding] of ['gzip', 'zstd'].entries()) {
      const whole = compressed[index] ?? Buffer.alloc(0);
      for (const body of [
        Buffer.from('no such thing'),
        whole.subarray(0, -3),
        Buffer.concat([whole, Buffer.from('tail')]),
      ]) {
        const answer = await collector.post(body, { 'content-encoding': encoding });
        expect([encoding, answer.status, JSON.parse(answer.text).error?.code]).toEqual([encoding, 400, 'body-invalid']);
      }
    }
  });
});

describe('records that mean to confuse', () => {
  test.each([
    ['a name twice', '{"action":"connection-closed","action":"connection-refused"}', 'repeated-name'],
    [
      'a name twice, once escaped',
      '{"action":"connection-closed","a\\u0063tion":"connection-refused"}',
      'repeated-name',
    ],
    ['a label twice', '{"action":"connection-closed","labels":{"a":"1","a":"2"}}', 'repeated-name'],
    ['the last number of all', '{"observer":"o","session":"s","seq":9007199254740991}', 'out-of-range'],
    ['a number past the last', '{"observer":"o","session":"s","seq":9007199254740992}', 'out-of-range'],
  ])('%s: refused by itself', async (_name, parts, expected) => {
    const line = `${JSON.stringify({ timestamp: TEMPLATE.timestamp, ...(parts.includes('seq') ? { action: 'connection-closed', observer_kind: 'agent' } : {}) }).slice(0, -1)},${parts.slice(1)}`;
    const answer = await collector.post(`${line}\n${JSON.stringify(TEMPLATE)}\n`);
    expect(JSON.parse(answer.text)).toMatchObject({ accepted: 1, refused: [{ line: 1, code: expected }] });
  });

  test('names of the language itself are names like any other', async () => {
    const line = `{"timestamp":"${TEMPLATE.timestamp}","action":"connection-closed","labels":{"__proto__":"p","toString":"q"}}`;
    expect(JSON.parse((await collector.post(line)).text)).toMatchObject({ accepted: 1, refused_total: 0 });
  });
});
