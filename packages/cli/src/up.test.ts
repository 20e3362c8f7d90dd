import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { run, start, temporaryDir } from './testing/portledger.ts';
import type { Started } from './testing/portledger.ts';

function up(dir: string, ...args: readonly string[]): Started {
  return start(['up', '--data', dir, '--listen', '127.0.0.1:0', '--no-capture', ...args]);
}

async function runFile(dir: string): Promise<{ pid: number; url: string }> {
  return JSON.parse(await readFile(path.join(dir, 'run', 'collector.json'), 'utf8'));
}

test('up tells where and how, keeps the collector running, stops cleanly, and goes on with the same log', async () => {
  await using dir = await temporaryDir();
  const first = up(dir.path);
  const [, url = ''] = await first.says(/(http:\/\/127\.0\.0\.1:\d+)/);
  const [key] = await first.says(/key SHA256:\S+/);
  await first.says(/the first \d+ accesses/);
  expect(first.out()).toContain(dir.path);
  expect(first.out()).toContain('Capture   off');

  const second = await run(['up', '--data', dir.path]);
  expect(second.code).toBe(1);
  expect(second.err).toContain(`already running on ${dir.path}: ${url}`);

  process.kill((await runFile(dir.path)).pid, 'SIGKILL');
  await first.says(/the collector ended \(SIGKILL\) and starts again/);
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    if ((await run(['search', '--data', dir.path, '--limit', '1'])).code === 0 && (await runFile(dir.path)).url === url)
      break;
  }
  expect((await runFile(dir.path)).url).toBe(url);

  first.child.kill('SIGINT');
  expect(await first.ended).toMatchObject({ code: 130 });
  expect(first.out()).toContain('stopped; everything is on disk');
  expect((await run(['verify', '--data', dir.path])).code).toBe(0);

  const again = up(dir.path);
  expect((await again.says(/key SHA256:\S+/))[0]).toBe(key);
  again.child.kill('SIGTERM');
  expect((await again.ended).code).toBe(0);
});

test('a port in use ends up with the remedy, and nothing goes on running', async () => {
  await using dir = await temporaryDir();
  await using other = await temporaryDir();
  const first = up(dir.path);
  const [, address = ''] = await first.says(/http:\/\/(127\.0\.0\.1:\d+)/);
  const second = await start(['up', '--data', other.path, '--listen', address, '--no-capture']).ended;
  expect(second.code).toBe(1);
  expect(second.err).toContain(
    `${address} is in use by another program\n  → give another address with --listen HOST:PORT`,
  );
  first.child.kill('SIGTERM');
  await first.ended;
});

test('when up is killed its children stop by themselves', async () => {
  await using dir = await temporaryDir();
  const started = up(dir.path);
  await started.says(/the first \d+ accesses/);
  const { pid } = await runFile(dir.path);
  started.child.kill('SIGKILL');
  await started.ended;
  const isAlive = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  for (const deadline = Date.now() + 10_000; isAlive() && Date.now() < deadline;)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isAlive()).toBe(false);
});
