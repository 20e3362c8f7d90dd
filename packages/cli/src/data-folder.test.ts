import { existsSync } from 'node:fs';
import { chmod, chown, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { BIN, run, start, startProgram, temporaryDir } from './testing/portledger.ts';

const SETPRIV = '/usr/bin/setpriv';
const NOBODY = 65_534;
const canBeNobody = process.getuid?.() === 0 && existsSync(SETPRIV);

/** Lines of the five-field template, one a second. */
function templateLines(count: number): string {
  const line = (at: number) => ({
    timestamp: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
    user: `user-${at % 7}`,
    src_port: String(1024 + (at % 60_000)),
    dest_port: '5432',
    action: 'connection-initiated',
  });
  return Array.from({ length: count }, (_, at) => `${JSON.stringify(line(at))}\n`).join('');
}

test('index rebuild: what search finds is the same before and after, over many small sealed blocks', async () => {
  await using dir = await temporaryDir();
  const data = ['--data', dir.path];
  const config = path.join(dir.path, 'short-rounds.yaml');
  await writeFile(config, 'ledger:\n  seal_interval: 100ms\nlisten: 127.0.0.1:0\nconsole:\n  enabled: false\n');
  const collector = start(['collector', ...data, '--config', config]);
  const [, url = ''] = await collector.says(/listening on (http:\S+)/);
  const token = (await run(['token', 'create', 'sender', '--role', 'admin', ...data])).out.trim();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' };
  const sealedBlocks = async () =>
    Number((await (await fetch(`${url}/v1/checkpoint`, { headers })).text()).split('\n')[1]);
  const lines = templateLines(300).trimEnd().split('\n');
  for (let at = 0; at < 15; at += 1) {
    const before = await sealedBlocks();
    await fetch(`${url}/v1/records`, { method: 'POST', headers, body: lines.slice(at * 20, at * 20 + 20).join('\n') });
    await expect.poll(sealedBlocks, { interval: 10, timeout: 30_000 }).toBeGreaterThan(before);
  }
  const running = await run(['index', 'rebuild', ...data]);
  expect(running.code).toBe(1);
  expect(running.err).toMatch(/a collector is running on .*\n {2}→ stop it/);
  collector.child.kill('SIGTERM');
  await collector.ended;

  const found = () => run(['search', 'dest_port:5432', ...data, '--format', 'jsonl', '--all']);
  const before = await found();
  expect(before.out.trim().split('\n')).toHaveLength(300);
  // Records of the collector itself may be what a round was sealed for, so not every body has a block to itself.
  expect(new Set(before.out.match(/"block":\d+/g)).size).toBeGreaterThanOrEqual(8);
  const rebuilt = await run(['index', 'rebuild', ...data]);
  expect(rebuilt.code).toBe(0);
  expect(rebuilt.err, 'progress on a slow machine, nothing else').toMatch(/^( *\d+ % {2}indexing: \d+ records\n)*$/);
  expect(rebuilt.out).toMatch(/^indexed 3\d\d records\n$/);
  expect((await found()).out).toBe(before.out);
  expect((await run(['verify', ...data])).code).toBe(0);
});

test('import killed half way and repeated: everything is there once', async () => {
  await using dir = await temporaryDir();
  const data = ['--data', path.join(dir.path, 'data')];
  const file = path.join(dir.path, 'many.jsonl');
  const count = 40_000;
  await writeFile(file, templateLines(count));
  const collector = start(['collector', ...data, '--listen', '127.0.0.1:0', '--no-console']);
  const [, url = ''] = await collector.says(/listening on (http:\S+)/);
  const token = (await run(['token', 'create', 'reader', '--role', 'read', ...data])).out.trim();
  const records = async (): Promise<number> => {
    const status: unknown = await (
      await fetch(`${url}/v1/status`, { headers: { authorization: `Bearer ${token}` } })
    ).json();
    return Number(/"records":(\d+)/.exec(JSON.stringify(status))?.[1]);
  };
  const first = start(['import', file, ...data]);
  await expect.poll(records, { interval: 5, timeout: 10_000 }).toBeGreaterThan(4_000);
  first.child.kill('SIGKILL');
  await first.ended;
  expect(await records()).toBeLessThan(count);
  const again = await run(['import', file, ...data]);
  const [, added = '', there = ''] = /: ([\d,]+) records taken in, ([\d,]+) there already/.exec(again.out) ?? [];
  const numberOf = (text: string) => Number(text.replaceAll(',', ''));
  expect(numberOf(there)).toBeGreaterThanOrEqual(4_000);
  expect(numberOf(added) + numberOf(there)).toBe(count);
  expect((await run(['import', file, ...data])).out).toContain('0 records taken in, 40,000 there already');
  collector.child.kill('SIGTERM');
  await collector.ended;
  expect((await run(['verify', ...data])).code).toBe(0);
});

test('commands that read never make a data folder; neither does an import of files that are not there', async () => {
  await using dir = await temporaryDir();
  const nowhere = path.join(dir.path, 'nowhere');
  const commands = [
    ['search', 'x'],
    ['tail'],
    ['top', 'user'],
    ['histogram'],
    ['verify'],
    ['console'],
    ['token', 'list'],
    ['index', 'rebuild'],
    ['doctor'],
    ['import', path.join(dir.path, 'none.jsonl'), dir.path],
  ];
  const ended = await Promise.all(commands.map((command) => run([...command, '--data', nowhere])));
  expect(existsSync(nowhere)).toBe(false);
  const wrong = ended.at(-1);
  expect(wrong?.code).toBe(2);
  expect(wrong?.err).toContain(`none.jsonl: there is no such file\n  can't read ${dir.path}: it is a folder`);
});

test.skipIf(!existsSync('/bin/bash'))('import takes what a shell pipes in as <(…) (needs bash)', async () => {
  await using dir = await temporaryDir();
  const file = path.join(dir.path, 'few.jsonl');
  await writeFile(file, templateLines(3));
  const command = `${process.execPath} ${BIN} import <(cat ${file}) --data ${dir.path}/data`;
  expect((await startProgram('/bin/bash', ['-c', command]).ended).out).toContain('3 records taken in');
});

test.skipIf(!canBeNobody)('a folder that may not be made is told as such (needs root and setpriv)', async () => {
  await using dir = await temporaryDir();
  await chmod(dir.path, 0o755);
  const asNobody = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', process.execPath, BIN];
  const up = await startProgram(SETPRIV, [...asNobody, 'up', '--data', path.join(dir.path, 'data')]).ended;
  expect(up.code).toBe(4);
  expect(up.err).toContain(`not permitted: ${path.join(dir.path, 'data')}`);
  await chown(dir.path, NOBODY, NOBODY);
  const doctor = await startProgram(SETPRIV, [...asNobody, 'doctor', '--data', path.join(dir.path, 'data')]).ended;
  expect(doctor.out).toMatch(/! capture by ebpf +does not work here: .*\n +→ /);
  expect(doctor.out).toMatch(/! privileges +missing CAP_BPF/);
});
