import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseVerifierKey, verifyCosignature, type VerifierKey } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { REQUEST_BYTES_MAX, WAITING_PER_LOG_MAX } from './limits.ts';
import { ExampleLog } from './testing/example-log.ts';
import { post, requestOf } from './testing/post.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { startWitness, type WitnessServer, type WitnessServerOptions } from './witness-server.ts';

const log = new ExampleLog('log.example');
const other = new ExampleLog('other.example');

type Started = { readonly server: WitnessServer; readonly key: VerifierKey; readonly faults: unknown[] };

async function start(dir: string, options: Partial<WitnessServerOptions> = {}): Promise<Started> {
  const faults: unknown[] = [];
  const server = await startWitness({
    dir,
    name: 'witness.example',
    logs: [log.vkey, other.vkey],
    port: 0,
    onFault: (error) => faults.push(error),
    ...options,
  });
  const key = parseVerifierKey(nodeSha256, server.vkey);
  if (!key.ok) throw new Error(key.fault.message);
  return { server, key: key.value, faults };
}

async function timeIn(size: number, lines: string, key: VerifierKey, extensions: readonly string[] = []) {
  const [text = ''] = log.checkpoint(size, '', extensions).split('\n\n');
  return verifyCosignature(`${text}\n\n${lines}`, key, nodeVerifyEd25519);
}

function headPath(dir: string, origin = 'log.example'): string {
  return join(dir, 'logs', createHash('sha256').update(origin).digest('hex'), 'checkpoint');
}

describe('a witness', () => {
  test('answers as tlog-witness says, and goes on with the log', async () => {
    using folder = temporaryFolder();
    const { server, key, faults } = await start(folder.path, { prefix: '/w1', clock: () => 1_700_000_000 });
    await using _ = server;
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/w1$/);
    const { url } = server;

    const first = await post(url, requestOf(log, 0, 5));
    expect(first).toMatchObject({ status: 200, body: expect.stringMatching(/^— witness\.example [A-Za-z0-9+/=]+\n$/) });
    expect(await timeIn(5, first.body, key)).toEqual({ ok: true, value: { timeSeconds: 1_700_000_000 } });
    expect((await timeIn(4, first.body, key)).ok).toBe(false);

    const conflict = { status: 409, type: 'text/x.tlog.size', body: '5\n' };
    expect(await post(url, requestOf(log, 0, 9))).toEqual(conflict);
    expect(await post(url, requestOf(log, 0, 5))).toEqual(conflict);
    expect(await post(url, requestOf(log, 5, 5, 'rival'))).toEqual(conflict);
    expect(await post(url, requestOf(log, 3, 4))).toEqual(conflict);
    expect(await post(url, requestOf(log, 5, 4))).toMatchObject({ status: 400 });
    expect(await post(url, requestOf(log, 5, 9, 'rival'))).toMatchObject({ status: 422 });
    expect(await post(url, requestOf(new ExampleLog('log.example'), 5, 9))).toMatchObject({ status: 403 });
    expect(await post(url, requestOf(new ExampleLog('new.example'), 0, 9))).toMatchObject({ status: 404 });
    expect(await post(url, 'old 5')).toMatchObject({ status: 400 });

    expect(await post(url, requestOf(log, 5, 5))).toMatchObject({ status: 200 });
    expect(await post(url, requestOf(log, 5, 9))).toMatchObject({ status: 200 });
    expect(await post(url, requestOf(other, 0, 2))).toMatchObject({ status: 200 });
    expect(await post(url, requestOf(log, 0, 12))).toEqual({ ...conflict, body: '9\n' });
    expect(server.counters()).toEqual({
      cosigned: 4,
      conflicts: 5,
      refused: 5,
      pushedBack: 0,
      failed: 0,
      abandoned: 0,
    });
    expect(faults).toEqual([]);
  });

  test('cosigns extension lines as they stand', async () => {
    using folder = temporaryFolder();
    const { server, key } = await start(folder.path);
    await using _ = server;
    const checkpoint = log.checkpoint(4, '', ['an extension']);
    const { body } = await post(server.url, `old 0\n\n${checkpoint}`);
    expect((await timeIn(4, body, key, ['an extension'])).ok).toBe(true);
    expect((await timeIn(4, body, key)).ok).toBe(false);
  });

  test('keeps its key to itself, and its name and heads over a restart', async () => {
    using folder = temporaryFolder();
    const before = await start(folder.path);
    await post(before.server.url, requestOf(log, 0, 5));
    await before.server.close();
    await before.server.close();
    expect(statSync(join(folder.path, 'witness.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder.path, 'vkey'), 'utf8')).toBe(`${before.server.vkey}\n`);
    const stored = readFileSync(headPath(folder.path), 'utf8');
    expect(stored.startsWith(log.checkpoint(5))).toBe(true);
    expect((await verifyCosignature(stored, before.key, nodeVerifyEd25519)).ok).toBe(true);

    await expect(start(folder.path, { name: 'renamed.example' })).rejects.toThrow(/can't be renamed/);
    const after = await start(folder.path);
    await using _ = after.server;
    expect(after.server.vkey).toBe(before.server.vkey);
    expect(await post(after.server.url, requestOf(log, 0, 5))).toMatchObject({ status: 409, body: '5\n' });
    expect(await post(after.server.url, requestOf(log, 5, 5, 'rival'))).toMatchObject({ status: 409 });
    expect(await post(after.server.url, requestOf(log, 5, 6))).toMatchObject({ status: 200 });
  });

  test('starts after every state that a crash can leave behind', async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'logs')); // before the key
    writeFileSync(join(folder.path, 'witness.key.next'), '-----BEGIN'); // half a key
    const first = await start(folder.path);
    await post(first.server.url, requestOf(log, 0, 5));
    await first.server.close();
    for (const left of ['', log.checkpoint(8).slice(0, 40), log.checkpoint(8)]) {
      writeFileSync(`${headPath(folder.path)}.next`, left); // not yet renamed: nothing of it was ever told
      const next = await start(folder.path);
      expect(await post(next.server.url, requestOf(log, 5, 5))).toMatchObject({ status: 200 });
      await next.server.close();
    }
  });

  test('refuses to start on what it cannot trust, with a remedy', async () => {
    using folder = temporaryFolder();
    const keyPath = join(folder.path, 'witness.key');
    const held = await start(folder.path);
    await expect(start(folder.path)).rejects.toThrow(/is in use: stop the other witness/);
    await post(held.server.url, requestOf(log, 0, 5));
    await held.server.close();

    chmodSync(keyPath, 0o644);
    await expect(start(folder.path)).rejects.toThrow(/chmod 600/);
    chmodSync(keyPath, 0o600);
    const key = readFileSync(keyPath);
    rmSync(keyPath);
    await expect(start(folder.path)).rejects.toThrow(/restore the key from a copy/);
    writeFileSync(keyPath, 'no key', { mode: 0o600 });
    await expect(start(folder.path)).rejects.toThrow(/no PKCS#8 PEM key/);
    writeFileSync(keyPath, key);
    await expect(start(folder.path, { logs: ['x', held.server.vkey] })).rejects.toThrow(/log 1: .*\nlog 2: /);
    await expect(start(folder.path, { prefix: 'no path' })).rejects.toThrow(/is no path/);
    rmSync(join(folder.path, 'logs'), { recursive: true });
    await expect(start(folder.path)).rejects.toThrow(/logs is missing but the key was in use/);
    using empty = temporaryFolder();
    await expect(start(empty.path, { name: 'two words' })).rejects.toThrow(/can't name a witness/);
  });

  test('never takes a head that was tampered with for none', async () => {
    using folder = temporaryFolder();
    const first = await start(folder.path);
    await post(first.server.url, requestOf(log, 0, 5));
    await first.server.close();
    const stored = readFileSync(headPath(folder.path), 'utf8');
    using elsewhere = temporaryFolder();
    const stranger = await start(elsewhere.path);
    await post(stranger.server.url, requestOf(log, 0, 3));
    await stranger.server.close();
    const foreign = readFileSync(headPath(elsewhere.path), 'utf8');
    for (const text of ['', stored.slice(0, -9), stored.replace('\n5\n', '\n3\n'), log.checkpoint(3), foreign]) {
      writeFileSync(headPath(folder.path), text);
      const { server, faults } = await start(folder.path);
      expect(await post(server.url, requestOf(log, 0, 9))).toMatchObject({ status: 500 });
      expect(await post(server.url, requestOf(other, 0, 2).replace('old 0', 'old 7'))).toMatchObject({ status: 400 });
      await server.close();
      expect(faults).toMatchObject([{ code: 'state-unusable' }]);
    }
  });

  test('gives no cosignature that it could not store, and goes on once it can', async () => {
    using folder = temporaryFolder();
    const { server, faults } = await start(folder.path);
    await using _ = server;
    expect(await post(server.url, requestOf(log, 0, 5))).toMatchObject({ status: 200 });
    mkdirSync(`${headPath(folder.path)}.next`); // in the way of the next head
    expect(await post(server.url, requestOf(log, 5, 7))).toMatchObject({ status: 500 });
    expect(await post(server.url, requestOf(other, 0, 2))).toMatchObject({ status: 200 });
    expect(faults).toMatchObject([{ code: 'state-not-written' }]);
    rmSync(`${headPath(folder.path)}.next`, { recursive: true });
    expect(await post(server.url, requestOf(log, 5, 6, 'rival'))).toMatchObject({ status: 422 });
    expect(await post(server.url, requestOf(log, 5, 7))).toMatchObject({ status: 200 });
    expect(existsSync(`${headPath(folder.path)}.next`)).toBe(false);
  });

  test('lets one of many rivals at once through, and pushes back more than may wait', async () => {
    using folder = temporaryFolder();
    const { server } = await start(folder.path);
    await using _ = server;
    const rivals = Array.from({ length: 3 * WAITING_PER_LOG_MAX }, (_, at) => requestOf(log, 0, 6, `rival ${at}`));
    const answers = await Promise.all(rivals.map((body) => post(server.url, body)));
    const count = (status: number): number => answers.filter((answer) => answer.status === status).length;
    expect(count(200)).toBe(1);
    expect(count(409) + count(503)).toBe(rivals.length - 1);
    expect(count(409)).toBeGreaterThanOrEqual(WAITING_PER_LOG_MAX - 1);
    expect(server.counters().pushedBack).toBe(count(503));
    for (const answer of answers.filter(({ status }) => status === 409)) expect(answer.body).toBe('6\n');
  });
});

describe('the witness’s server', () => {
  test('that finds its port taken lets go of its folder', async () => {
    using folder = temporaryFolder();
    using elsewhere = temporaryFolder();
    const first = await start(folder.path);
    const port = Number(new URL(first.server.url).port);
    await expect(start(elsewhere.path, { port })).rejects.toThrow(/EADDRINUSE/);
    await first.server.close();
    const second = await start(elsewhere.path, { port });
    await second.server.close();
  });

  test('takes POST on its one path, plain UTF-8, of bounded length', async () => {
    using folder = temporaryFolder();
    const { server } = await start(folder.path);
    await using _ = server;
    const { url } = server;
    const get = await fetch(`${url}/add-checkpoint`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(404);
    expect((await fetch(`${url}/add-checkpoint?x`, { method: 'POST', body: 'x' })).status).toBe(404);
    expect(await post(url, Uint8Array.from([0xff]))).toMatchObject({ status: 400, body: 'the body is not UTF-8\n' });
    expect(await post(url, 'x', { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
    const padding = `\n${'A'.repeat(43)}=`.repeat(63);
    expect(await post(url, requestOf(log, 0, 3).replace('old 0', `old 3${padding}`))).toMatchObject({ status: 409 });
  });

  async function rawAnswer(server: WitnessServer, lines: readonly string[], more = ''): Promise<string> {
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port) });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = once(socket, 'close');
    socket.write(`${lines.join('\r\n')}\r\n\r\n${more}`);
    await closed;
    return Buffer.concat(chunks).toString();
  }

  test('refuses a body that is too long, told beforehand or not', async () => {
    using folder = temporaryFolder();
    const { server } = await start(folder.path);
    await using _ = server;
    const head = ['POST /add-checkpoint HTTP/1.1', 'Host: witness'];
    const told = await rawAnswer(server, [...head, `Content-Length: ${REQUEST_BYTES_MAX + 1}`]);
    expect(told).toMatch(/^HTTP\/1\.1 413 [^]*Connection: close/);
    const body = 'x'.repeat(REQUEST_BYTES_MAX + 1);
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
    expect(await rawAnswer(server, [...head, 'Transfer-Encoding: chunked'], chunk)).toMatch(/^HTTP\/1\.1 413 /);
    expect(await post(server.url, requestOf(log, 0, 3))).toMatchObject({ status: 200 });
  });

  test('cuts off who sends too slowly, and does not wait for them at its end', async () => {
    using folder = temporaryFolder();
    const { server, faults } = await start(folder.path, { requestTimeoutMs: 50 });
    const head = ['POST /add-checkpoint HTTP/1.1', 'Host: witness', 'Content-Length: 100'];
    expect(await rawAnswer(server, head, 'old ')).toMatch(/^(HTTP\/1\.1 408 |$)/);
    await server.close();
    expect(server.counters().abandoned).toBe(1);
    expect(faults).toEqual([]);
  });
});
