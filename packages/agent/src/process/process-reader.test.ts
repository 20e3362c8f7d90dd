import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { BoundedCache } from './bounded-cache.ts';
import { CgroupPaths } from './cgroup-paths.ts';
import { parseLoginUid, parseStat, parseStatusUid, ProcessReader } from './process-reader.ts';

const TAIL = `S 41 ${'0 '.repeat(17)}8712 1 2`;

describe('/proc', () => {
  test('a process name may hold anything', () => {
    expect(parseStat(`7 (a) b (c) ${TAIL}`)).toEqual({ comm: 'a) b (c', ppid: 41, startTicks: 8712 });
    expect(parseStat('')).toBeUndefined();
    expect(parseStat('7 (x)')).toBeUndefined();
    expect(parseStat(') (')).toBeUndefined();
  });

  test('a login uid of 2^32 − 1 is none', () => {
    expect(parseLoginUid('4294967295')).toBeUndefined();
    expect(parseLoginUid('')).toBeUndefined();
    expect(parseLoginUid('1000\n')).toBe(1000);
    expect(parseLoginUid('0')).toBe(0);
  });

  test('the effective uid counts', () => {
    expect(parseStatusUid('Name:\tx\nUid:\t1000\t33\t1000\t1000\n')).toBe(33);
    expect(parseStatusUid('Name:\tx\n')).toBeUndefined();
  });

  test('reads this very process, and nothing of one that is gone', () => {
    const reader = new ProcessReader();
    expect(reader.read(process.pid)).toMatchObject({ pid: process.pid, ppid: process.ppid, exe: process.execPath });
    expect(reader.read(process.pid)?.uid).toBe(process.geteuid?.());
    expect(reader.read(4_194_305)).toBeUndefined();
  });

  test('a pid used again is read again; missing files leave fields out', async () => {
    await using folder = await scratchFolder();
    await mkdir(join(folder.path, '7'));
    await writeFile(join(folder.path, '7', 'stat'), `7 (old) ${TAIL}`);
    const reader = new ProcessReader(folder.path);
    expect(reader.read(7)).toEqual({ pid: 7, comm: 'old', ppid: 41, startTicks: 8712 });
    await writeFile(join(folder.path, '7', 'stat'), `7 (new) ${TAIL}`);
    await writeFile(join(folder.path, '7', 'loginuid'), '1000');
    expect(reader.read(7)).toMatchObject({ comm: 'new', loginUid: 1000 });
  });
});

test('a cgroup is found by its id, also one made later, with a rest between walks', async () => {
  await using folder = await scratchFolder();
  let nowMs = 0;
  const paths = new CgroupPaths(() => nowMs, [folder.path]);
  const { statSync } = await import('node:fs');
  await mkdir(join(folder.path, 'system.slice', 'a.service'), { recursive: true });
  const idOf = (path: string) => statSync(join(folder.path, path), { bigint: true }).ino;
  expect(paths.path(idOf('system.slice/a.service'))).toBe('/system.slice/a.service');
  await mkdir(join(folder.path, 'b.scope'));
  expect(paths.path(idOf('b.scope'))).toBeUndefined();
  nowMs = 1_000;
  expect(paths.path(idOf('b.scope'))).toBe('/b.scope');
  paths.learn(5n, '/gone');
  expect(paths.path(5n)).toBe('/gone');
});

test('a bounded cache forgets what was used least recently', () => {
  const cache = new BoundedCache<string, number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.get('a');
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.size]).toEqual([1, undefined, 3, 2]);
});
