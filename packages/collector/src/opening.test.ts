import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openapiDocument } from './openapi-document.ts';
import { sampleLines, testCollector, until } from './testing/test-collector.ts';
import type { TestCollector } from './testing/test-collector.ts';
import type { CollectorOptions } from './collector-options.ts';

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-opening-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Actions of the collector's own records, in the order in which they stand. */
async function ownActions(collector: TestCollector): Promise<string[]> {
  const { text } = await collector.call('/v1/search?q=observer_kind:system&order=asc&limit=1000');
  return JSON.parse(text).hits.map((hit: { record: { action: string } }) => hit.record.action);
}

async function opened(options: Partial<CollectorOptions>, use: (collector: TestCollector) => Promise<void>) {
  await using collector = await testCollector(options);
  await use(collector);
}

describe('what an opening of the folder records', () => {
  test('a command that only reads leaves what was read, and neither a start nor changed options', async () => {
    const dataDir = await folder();
    await opened({ dataDir, listen: { host: '127.0.0.1', port: 0 } }, async (collector) => {
      await collector.post(sampleLines(0, 3));
    });
    for (const bodyBytesMax of [1_000_000, 2_000_000])
      await opened({ dataDir, bodyBytesMax, opening: 'command' }, async (collector) => {
        expect((await collector.call('/v1/search?q=dest_port:5432')).status).toBe(200);
      });
    await opened({ dataDir, opening: 'command' }, async (collector) => {
      const actions = await until(
        () => ownActions(collector),
        (found) => found.filter((action) => action === 'log-accessed').length >= 3,
      );
      expect(actions.filter((action) => action !== 'log-accessed')).toEqual([
        'capture-started',
        'config-changed',
        'capture-stopped',
      ]);
    });
  });

  test('a port taken at random is no changed option; a limit that was changed is', async () => {
    const dataDir = await folder();
    // On another loopback address, so that the port is free.
    const fixed = { host: '127.0.0.77', port: 17_071 };
    await opened({ dataDir, listen: fixed }, async () => undefined);
    await opened({ dataDir }, async () => undefined);
    await opened({ dataDir, listen: fixed }, async (collector) => {
      await collector.call('/v1/status');
    });
    await opened({ dataDir, bodyBytesMax: 1_000_000 }, async (collector) => {
      const actions = await until(
        () => ownActions(collector),
        (found) => found.filter((action) => action === 'capture-started').length === 4,
      );
      // One more than the limit: the retention policy, which the first start records.
      expect(actions.filter((action) => action === 'config-changed')).toHaveLength(2);
    });
  });
});

describe('a journal whose end is broken', () => {
  test.each([
    ['torn', 40, 'torn-journal'],
    ['damaged', 50, 'damaged-journal-tail'],
  ])('%s: it is logged at the start', async (kind, level, notice) => {
    const dataDir = await folder();
    const copy = await folder();
    await opened({ dataDir, sealIntervalMs: 3_600_000 }, async (collector) => {
      await collector.post(sampleLines(0, 50));
      await collector.post(sampleLines(50, 50));
      await cp(dataDir, copy, { recursive: true });
    });
    await rm(join(copy, 'lock'), { force: true });
    const [journal = ''] = await readdir(join(copy, 'ledger', 'journal'));
    const path = join(copy, 'ledger', 'journal', journal);
    const bytes = await readFile(path);
    if (kind === 'torn') await writeFile(path, bytes.subarray(0, -20));
    else {
      bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
    let logged = '';
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        logged += chunk.toString();
        done();
      },
    });
    await opened({ dataDir: copy, log: pino({ level: 'warn' }, sink) }, async () => undefined);
    const entries: { kind?: string; level: number; message?: string }[] = logged
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const entry = entries.find((one) => one.kind === notice);
    expect(entry).toMatchObject({ level, message: expect.stringContaining('journal/') });
    if (kind === 'damaged') expect(entry?.message).toContain('quarantine/journal-');
  });
});

test('laying the routes uses nothing that the framework calls deprecated', async () => {
  const warned: string[] = [];
  const note = (warning: Error): void => {
    warned.push(`${warning.name}: ${warning.message}`);
  };
  process.on('warning', note);
  onTestFinished(() => {
    process.off('warning', note);
  });
  await openapiDocument('0.0.0');
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  expect(warned.filter((text) => text.startsWith('Fastify'))).toEqual([]);
});
