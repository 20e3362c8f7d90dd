import { FAULTS } from '../http/fault-catalogue.ts';
import { verifyRecordProof } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openapiDocument } from '../openapi-document.ts';
import { TEMPLATE, sampleLines, testCollector, until } from '../testing/test-collector.ts';
import type { Answer, TestCollector } from '../testing/test-collector.ts';

const DOCS = new URL('../../../../docs/reference/', import.meta.url);

let collector: TestCollector;
let consoleDir = '';
beforeAll(async () => {
  consoleDir = await mkdtemp(join(tmpdir(), 'portledger-console-'));
  await mkdir(join(consoleDir, 'assets'));
  await writeFile(join(consoleDir, 'index.html'), '<!doctype html><title>Portledger</title>');
  await writeFile(join(consoleDir, 'assets', 'app-12345678.js'), 'export {};');
  collector = await testCollector({ consoleDir });
  await collector.post(sampleLines(0, 200));
});
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
  await rm(consoleDir, { recursive: true, force: true });
});

async function get(path: string): Promise<Answer> {
  return collector.call(path);
}

describe('search', () => {
  test('finds, pages by cursor, orders', async () => {
    const found = await until(
      async () => JSON.parse((await get('/v1/search?q=user:user-3&limit=30&order=asc')).text),
      (page) => page.hits.length === 30,
    );
    expect(found.hits[0]).toMatchObject({ class: 'default', record: { user: 'user-3', seq: 3, dest_port: 5432 } });
    expect(found.hits[0].received).toMatch(/^\d{4}-.*\.\d{6}Z$/);
    const rest = JSON.parse(
      (await get(`/v1/search?q=user:user-3&limit=30&order=asc&cursor=${found.next_cursor}`)).text,
    );
    expect(rest.hits).toHaveLength(10);
    expect(rest.hits[0].record.seq).toBe(153);
    expect(rest.next_cursor).toBeUndefined();
  });

  test('counts by value and over time', async () => {
    const top = JSON.parse((await get('/v1/top?q=observer:web-1&field=user&limit=2')).text);
    expect(top).toMatchObject({ total: 200, other: 120, missing: 0 });
    expect(top.buckets).toHaveLength(2);
    const histogram = JSON.parse((await get('/v1/histogram?q=observer:web-1&buckets=10')).text);
    expect(histogram.total).toBe(200);
    expect(histogram.buckets.reduce((sum: number, bucket: { count: number }) => sum + bucket.count, 0)).toBe(200);
    expect(histogram.buckets[0].by_action).toHaveProperty('connection-closed');
  });

  test.each([
    ['/v1/search?q=usr%3Aalice', 'query-invalid'],
    ['/v1/search?q=%28user%3Aalice', 'query-invalid'],
    ['/v1/search?limit=0', 'request-invalid'],
    ['/v1/search?limit=100000', 'request-invalid'],
    ['/v1/search?nonsense=1', 'request-invalid'],
    ['/v1/search?order=sideways', 'request-invalid'],
    ['/v1/search?cursor=bm9uc2Vuc2U', 'cursor-invalid'],
    ['/v1/top?field=nonsense', 'field-unknown'],
    ['/v1/top', 'request-invalid'],
    ['/v1/histogram?from=noon', 'request-invalid'],
  ])('%s: %s', async (path, code) => {
    const answer = await get(path);
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([400, code]);
  });

  test('a query fault says where and what to write instead', async () => {
    const { error } = JSON.parse((await get('/v1/search?q=dest_port%3A5432+AND+usr%3Aalice')).text);
    expect(error).toMatchObject({ position: 19, hint: expect.stringContaining('user'), remedy: expect.any(String) });
  });
});

describe('one record', () => {
  test('is proved against the verifier key alone', async () => {
    const posted = await collector.post(JSON.stringify(TEMPLATE), { 'content-type': 'application/json' });
    const [{ block, position }] = JSON.parse(posted.text).receipt.records;
    const answer = await until(
      () => get(`/v1/records/${block}/${position}/proof`),
      ({ status }) => status !== 409,
    );
    const { vkey, ...proof } = JSON.parse(answer.text);
    expect(vkey).toBe(collector.vkey);
    const facts = await verifyRecordProof(proof, collector.vkey, nodeSha256, nodeVerifyEd25519);
    expect(facts).toMatchObject({ ok: true, value: { record: { user: 'alice' } } });
    const forged = { ...proof, line: proof.line.replace('alice', 'mallory') };
    expect((await verifyRecordProof(forged, collector.vkey, nodeSha256, nodeVerifyEd25519)).ok).toBe(false);
    const { record, line, sealed } = JSON.parse((await get(`/v1/records/${block}/${position}`)).text);
    expect({ line, sealed }).toEqual({ line: proof.line, sealed: true });
    expect(record).toEqual(JSON.parse(line));
  });

  test('that is not there', async () => {
    for (const path of ['/v1/records/99999/0', '/v1/records/0/99999', '/v1/records/99999/0/proof']) {
      const answer = await get(path);
      expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([404, 'record-not-found']);
    }
    expect((await get('/v1/records/x/0')).status).toBe(400);
  });

  test('the checkpoint is a signed note', async () => {
    const answer = await get('/v1/checkpoint');
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.text).toMatch(new RegExp(`^${collector.origin}\n\\d+\n`));
  });
});

describe('the live tail', () => {
  test('streams what becomes durable, filtered', async () => {
    const stop = new AbortController();
    const response = await fetch(`${collector.url}/v1/tail?q=user%3Auser-1`, {
      headers: { authorization: `Bearer ${collector.adminToken}` },
      signal: stop.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const read = async (): Promise<string> => {
      const part = await reader?.read();
      text += part?.value ?? '';
      return text;
    };
    await until(read, (all) => all.includes(': portledger tail'));
    await collector.post(sampleLines(0, 10, { session: 'tailed' }));
    await until(read, (all) => (all.match(/event: record/g) ?? []).length === 2);
    const data = [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] ?? ''));
    expect(data).toMatchObject([
      { block: expect.any(Number), record: { user: 'user-1', seq: 1, session: 'tailed' } },
      { record: { seq: 6 } },
    ]);
    stop.abort();
    await until(
      async () => JSON.parse((await get('/v1/status')).text).tail.clients,
      (clients) => clients === 0,
    );
  });

  test('ends when the collector closes', async () => {
    const own = await testCollector();
    const response = await fetch(`${own.url}/v1/tail`, { headers: { authorization: `Bearer ${own.adminToken}` } });
    const body = response.text();
    await own[Symbol.asyncDispose]();
    expect(await body).toContain('portledger tail');
  });
});

describe('what the collector tells of itself', () => {
  test('reads, sign-ins and token changes are records; repeats are rolled up', async () => {
    await using own = await testCollector();
    for (let repeat = 0; repeat < 5; repeat += 1) await own.call('/v1/search?q=user:eve');
    const code = new URL(own.signInUrl()).hash.replace('#signin=', '');
    const json = { 'content-type': 'application/json' };
    await own.call('/v1/signin', { method: 'POST', token: null, headers: json, body: JSON.stringify({ code }) });
    await own.call('/v1/signin', { method: 'POST', token: null, headers: json, body: JSON.stringify({ code }) });
    await own.call('/v1/tokens', { method: 'POST', headers: json, body: '{"name":"auditor","role":"read"}' });
    type Record = { action: string; user?: string; src_ip?: string; labels?: { [name: string]: string } };
    const records = await until(
      async (): Promise<Record[]> =>
        JSON.parse((await own.call('/v1/search?q=observer_kind:system&order=asc&limit=100')).text).hits.map(
          (hit: { record: Record }) => hit.record,
        ),
      (all) => ['log-accessed', 'config-changed'].every((act) => all.some(({ action }) => action === act)),
    );
    const actions = records.map((record) => record.action);
    expect(actions).toEqual(
      expect.arrayContaining(['capture-started', 'log-accessed', 'login', 'login-failed', 'config-changed']),
    );
    const reads = records.filter((record) => record.labels?.['query']?.split('\n').includes('user:eve'));
    expect(reads).toMatchObject([{ user: 'admin', count: expect.any(Number), labels: { kind: 'search' } }]);
    expect(records.find((record) => record.action === 'login')).toMatchObject({ user: 'admin', src_ip: '127.0.0.1' });
    await own.close();
    await using again = await testCollector({ dataDir: own.dir });
    const found = await until(
      async () => JSON.parse((await again.call('/v1/search?q=labels.query:user%5C%3Aeve*&order=asc')).text).hits,
      (hits) => hits.length > 0,
    );
    expect(found[0].record).toMatchObject({ action: 'log-accessed', window_us: expect.any(Number) });
  });

  test('observers, from what they send', async () => {
    const told = (
      seq: number,
      action: 'capture-started' | 'heartbeat' | 'records-lost' | 'capture-stopped',
      labels: Record<string, string>,
      count?: number,
    ) =>
      sampleLines(seq, 1, {
        observer: 'db-1',
        session: 'run-1',
        action,
        labels,
        ...(count === undefined ? {} : { count }),
      });
    await collector.post(
      told(0, 'capture-started', { mode: 'ebpf', version: '1.2.3', host: 'db-1' }) +
        sampleLines(1, 3, { observer: 'db-1', session: 'run-1' }) +
        told(4, 'records-lost', { cause: 'ring-full' }, 7) +
        told(5, 'heartbeat', { clock_offset_us: '1500', interval_ms: '15000' }),
    );
    const status = JSON.parse((await get('/v1/status')).text);
    const observer = status.observers.find((one: { observer: string }) => one.observer === 'db-1');
    expect(observer).toMatchObject({
      kind: 'agent',
      mode: 'ebpf',
      version: '1.2.3',
      host: 'db-1',
      last_seq: 5,
      lost: 7,
      clock_offset_ms: 1.5,
      silent: false,
      stopped: false,
    });
    expect(status).toMatchObject({
      vkey: collector.vkey,
      index: { state: 'following' },
      ledger: { records: expect.any(Number) },
    });
    await collector.post(told(6, 'capture-stopped', {}));
    const after = JSON.parse((await get('/v1/status')).text);
    expect(after.observers.find((one: { observer: string }) => one.observer === 'db-1').stopped).toBe(true);
  });

  test('health, readiness, and metrics that are all documented', async () => {
    expect(JSON.parse((await get('/healthz')).text)).toEqual({ status: 'ok' });
    expect(JSON.parse((await get('/readyz')).text)).toEqual({ status: 'ok' });
    const { text } = await get('/metrics');
    const names = [...text.matchAll(/^# TYPE (portledger_\w+)/gm)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(40);
    const documented = [
      ...(await readFile(new URL('metrics.md', DOCS), 'utf8')).matchAll(/^\| `(portledger_\w+)`/gm),
    ].map((match) => match[1]);
    expect(new Set(documented)).toEqual(new Set(names));
  });
});

describe('the surface', () => {
  test('HEAD, OPTIONS, wrong methods, unknown addresses', async () => {
    const head = await collector.call('/v1/status', { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    const options = await collector.call('/v1/tokens', { method: 'OPTIONS' });
    expect([options.status, options.headers.allow]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
    const put = await collector.call('/v1/records', { method: 'PUT', body: 'x' });
    expect([put.status, put.headers.allow]).toEqual([405, 'POST, OPTIONS']);
    const nowhere = await get('/v1/nowhere');
    expect([nowhere.status, JSON.parse(nowhere.text).error.code]).toEqual([404, 'not-found']);
    expect((await get('/v1/%')).status).toBe(400);
  });

  test('the console: page, assets, fallback, headers', async () => {
    const page = await collector.call('/', { token: null });
    expect(page.text).toContain('<title>Portledger</title>');
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'self';/);
    expect(page.headers['content-security-policy']).not.toContain('unsafe');
    expect(page.headers['cache-control']).toBe('no-cache');
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    const asset = await collector.call('/assets/app-12345678.js', { token: null });
    expect([asset.status, asset.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    const deep = await collector.call('/search/anything', { token: null, headers: { accept: 'text/html' } });
    expect(deep.text).toContain('Portledger');
    expect((await collector.call('/assets/none.js', { token: null })).status).toBe(404);
    expect((await collector.call('/../../etc/passwd', { token: null })).status).toBe(404);
  });

  test('is described in OpenAPI, with who may use what', async () => {
    const served: unknown = JSON.parse((await get('/v1/openapi.json')).text);
    const version = JSON.parse((await get('/v1/status')).text).version;
    expect(served).toEqual(await openapiDocument(version));
    expect(served).toMatchObject({
      openapi: '3.1.0',
      components: { schemas: { AccessRecord: { required: expect.arrayContaining(['action', 'timestamp']) } } },
      paths: {
        '/v1/records': {
          post: {
            operationId: 'postRecords',
            responses: { '200': {}, '429': {} },
            description: expect.stringContaining('admin, ingest'),
          },
        },
        '/v1/signin': { post: { security: [] } },
      },
    });
    const text = JSON.stringify(served);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(served).toHaveProperty(['components', 'schemas', name ?? '']);
  });

  test('every error is documented, and nothing else', async () => {
    const page = await readFile(new URL('errors.md', DOCS), 'utf8');
    const documented = [...page.matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm)].map((match) => `${match[1]} ${match[2]}`);
    expect(documented.toSorted()).toEqual(
      Object.entries(FAULTS)
        .map(([code, { status }]) => `${code} ${status}`)
        .toSorted(),
    );
  });
});
