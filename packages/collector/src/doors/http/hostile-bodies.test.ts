import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { constants, createGzip, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Transform } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEMPLATE, sampleLines, testCollector, until } from '../../testing/test-collector.ts';
import type { TestCollector } from '../../testing/test-collector.ts';

const MIB = 1024 * 1024;
const BODY_BYTES_MAX = 4 * MIB;

let collector: TestCollector;
beforeAll(async () => {
  collector = await testCollector({
    bodyBytesMax: BODY_BYTES_MAX,
    inFlightBytesMax: 32 * MIB,
    bodyTimeoutMs: 1_500,
    bodyIdleTimeoutMs: 400,
    headersTimeoutMs: 1_000,
  });
});
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
});

type Raw = { readonly socket: Socket; readonly answered: Promise<string>; readonly closed: Promise<string> };

/** A bare connection that has sent `text`; `answered` gives the first error, `closed` all that came back. */
function raw(text: string, port = collector.port): Raw {
  const socket = connect({ host: '127.0.0.1', port });
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  const answer = Promise.withResolvers<string>();
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
    if (received.includes('"error"')) answer.resolve(received);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    resolve(received);
  });
  socket.write(text);
  return { socket, answered: answer.promise, closed };
}

function head(length: number | 'chunked', token = collector.adminToken): string {
  const framing = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  return `POST /v1/records HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/x-ndjson\r\n${framing}\r\n\r\n`;
}

async function compressed(zeros: number, encoder: Transform): Promise<Buffer> {
  const chunks: Buffer[] = [];
  encoder.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
  });
  const ended = new Promise((resolve) => {
    encoder.on('end', resolve);
  });
  const block = Buffer.alloc(MIB, 0x20);
  for (let written = 0; written < zeros; written += MIB) encoder.write(block);
  encoder.end();
  await ended;
  return Buffer.concat(chunks);
}

function code(answer: { readonly text: string }): string {
  return JSON.parse(answer.text).error?.code ?? 'none';
}

describe('one bad body', () => {
  test('announced too large: 413 before it is sent', async () => {
    const { socket, answered } = raw(head(BODY_BYTES_MAX + 1));
    expect(await answered).toMatch(/^HTTP\/1.1 413 [^]*body-too-large/);
    socket.destroy();
  });

  test('too large without saying so: 413', async () => {
    const { socket, answered } = raw(head('chunked'));
    const chunk = Buffer.alloc(64 * 1024, 0x61);
    for (let sent = 0; sent <= BODY_BYTES_MAX; sent += chunk.length)
      socket.write(Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]));
    expect(await answered).toContain('body-too-large');
    socket.destroy();
  });

  test('a line past its bound is refused by itself', async () => {
    const long = JSON.stringify({ ...TEMPLATE, note: 'x'.repeat(70_000) });
    const answer = await collector.post(`${long}\n${JSON.stringify(TEMPLATE)}\n`);
    expect(JSON.parse(answer.text)).toMatchObject({ accepted: 1, refused: [{ line: 1, code: 'line-too-long' }] });
  });

  test.each([
    ['open brackets', '['.repeat(60_000)],
    ['nested objects', `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`],
    ['nested labels', JSON.stringify({ ...TEMPLATE, labels: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) })],
  ])('deeply nested: %s', async (_name, line) => {
    const answer = await collector.post(`${line}\n${JSON.stringify(TEMPLATE)}\n`);
    expect(JSON.parse(answer.text)).toMatchObject({ accepted: 1, refused: [{ line: 1, code: 'too-deep' }] });
    const json = await collector.post(`[${line}]`, { 'content-type': 'application/json' });
    expect([400, 422]).toContain(json.status);
  });

  test.each([
    ['gzip', () => compressed(256 * MIB, createGzip({ level: 9 }))],
    ['zstd', () => compressed(256 * MIB, createZstdCompress())],
  ])('a %s bomb: 413, and memory stays bounded', async (encoding, make) => {
    const bomb = await make();
    expect(bomb.length).toBeLessThan(BODY_BYTES_MAX);
    const before = process.memoryUsage().rss;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => collector.post(bomb, { 'content-encoding': encoding })),
    );
    for (const answer of answers) {
      expect(['body-bomb', 'overloaded']).toContain(code(answer));
      expect([413, 429]).toContain(answer.status);
    }
    expect(answers.some((answer) => code(answer) === 'body-bomb')).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB);
  });

  test('a zstd frame that wants a window of 128 MiB is refused', async () => {
    const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 };
    const body = zstdCompressSync(Buffer.alloc(3 * MIB, sampleLines(0, 40)), { params });
    const streamed = await compressed(2 * MIB, createZstdCompress({ params }));
    for (const bytes of [body, streamed]) {
      const answer = await collector.post(bytes, { 'content-encoding': 'zstd' });
      expect([400, 422, 200, 413]).toContain(answer.status);
    }
    expect(code(await collector.post(streamed, { 'content-encoding': 'zstd' }))).toBe('body-invalid');
  });

  test('a body of thousands of empty frames is refused', async () => {
    const frame = gzipSync('');
    const answer = await collector.post(Buffer.concat(Array.from({ length: 2_000 }, () => zstdCompressSync(''))), {
      'content-encoding': 'zstd',
    });
    expect(code(answer)).toBe('body-bomb');
    const gzip = await collector.post(Buffer.concat(Array.from({ length: 50 }, () => frame)), {
      'content-encoding': 'gzip',
    });
    expect(code(gzip)).toBe('body-empty');
  });

  test('half-sent and then silent: 408, and nothing of it is kept', async () => {
    const records = JSON.parse((await collector.call('/v1/status')).text).doors.records_accepted;
    const { closed } = raw(head(10_000) + sampleLines(0, 3, { session: 'half' }));
    expect(await closed).toContain('body-timeout');
    expect(JSON.parse((await collector.call('/v1/status')).text).doors.records_accepted).toBe(records);
  });

  test('half-sent and then hung up: the collector goes on', async () => {
    const { socket } = raw(head(10_000) + sampleLines(0, 3, { session: 'hung-up' }));
    socket.end();
    const refused = async (): Promise<string> => (await collector.call('/metrics')).text;
    await until(refused, (text) => text.includes('portledger_door_requests_refused_total{code="body-cut-off"}'));
    expect((await collector.post(sampleLines(0, 3, { session: 'hung-up' }))).status).toBe(200);
  });

  test('a body that trickles for ever: 408', async () => {
    const { socket, closed } = raw(head(10_000));
    const drip = setInterval(() => socket.write(' '), 100);
    try {
      expect(await closed).toContain('body-timeout');
    } finally {
      clearInterval(drip);
    }
  });

  test('half a header: 408; no HTTP at all: 400', async () => {
    expect(await raw('POST /v1/records HTTP/1.1\r\nHost: loc').closed).toContain('408');
    expect(await raw('\u0016\u0003\u0001 hello\r\n\r\n').closed).toContain('request-invalid');
    expect(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`).closed).toContain(
      'header-too-large',
    );
  });
});

describe('many bad senders at once', () => {
  test('a good neighbour is not delayed, and memory stays bounded', async () => {
    const made = await collector.call('/v1/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'bad', role: 'ingest', observer: 'bad' }),
    });
    const { token: bad } = JSON.parse(made.text);
    const before = process.memoryUsage().rss;
    const over = new AbortController();
    const garbage = '{"timestamp":"2026-01-02T03:04:05Z","action":"nonsense","labels":{"a":"b"}}\n'.repeat(20_000);
    let floodAnswered = 0;
    const flood = Array.from({ length: 6 }, async () => {
      while (!over.signal.aborted) {
        await collector.post(garbage, {}, bad);
        floodAnswered += 1;
      }
    });
    const bomb = await compressed(64 * MIB, createZstdCompress());
    const bombs = Array.from({ length: 2 }, async () => {
      while (!over.signal.aborted) await collector.post(bomb, { 'content-encoding': 'zstd' }, bad);
    });
    const halves = Array.from({ length: 100 }, () => raw(head(3 * MIB, bad) + sampleLines(0, 3)));

    const batches = 40;
    for (let batch = 0; batch < batches; batch += 1) {
      const answer = await collector.post(sampleLines(batch * 500, 500, { session: 'good' }), {}, collector.adminToken);
      expect(JSON.parse(answer.text)).toMatchObject({ accepted: 500, refused_total: 0 });
    }
    const answeredMeanwhile = floodAnswered;
    over.abort();
    for (const { socket } of halves) socket.destroy();
    await Promise.all([...flood, ...bombs]);
    // Were bodies taken as they come, each of the neighbour's would wait for six of the flood's.
    expect(answeredMeanwhile).toBeLessThan(batches);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
  });

  test('past its share a sender is told 429 with Retry-After; others are served', async () => {
    await using own = await testCollector({ bodyBytesMax: 2 * MIB, inFlightBytesMax: 6 * MIB });
    const held = [1, 2].map(() => raw(head(2 * MIB - 1, own.agentToken), own.port));
    await until(
      async () => JSON.parse((await own.call('/v1/status')).text).doors.bytes_in_flight,
      (bytes) => bytes === 2 * (2 * MIB - 1),
    );
    const refused = await own.post(Buffer.alloc(MIB, 0x20), {}, own.agentToken);
    expect([refused.status, refused.headers['retry-after'], code(refused)]).toEqual([429, '1', 'overloaded']);
    expect((await own.post(sampleLines(0, 5))).status).toBe(200);
    for (const { socket } of held) socket.destroy();
    await until(
      () => own.post(sampleLines(0, 5, { observer: 'test-host' }), {}, own.agentToken),
      (answer) => answer.status === 200,
    );
  });
});

test('while it closes: requests in flight are answered, new ones are told 503 or find nobody', async () => {
  const own = await testCollector();
  const posts = Array.from({ length: 20 }, (_, index) =>
    own.post(sampleLines(index * 200, 200)).catch(() => undefined),
  );
  const first = await Promise.race(posts);
  const closing = own.close();
  const answers = await Promise.all(posts);
  await closing;
  expect(first?.status).toBe(200);
  for (const answer of answers) if (answer !== undefined) expect([200, 503]).toContain(answer.status);
  await expect(own.call('/healthz')).rejects.toThrow();
});
