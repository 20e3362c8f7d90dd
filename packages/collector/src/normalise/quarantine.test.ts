import { appendFile, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { QUARANTINE_BYTES_MAX, QUARANTINE_FILE_BYTES_MAX, QUARANTINE_RAW_BYTES_MAX } from '../limits.ts';
import { Quarantine } from './quarantine.ts';

test('stays within its bound, drops the oldest and counts it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-quarantine-'));
  try {
    const quarantine = new Quarantine(dir, () => 1_790_000_000_000_000);
    const raw = 'x'.repeat(QUARANTINE_RAW_BYTES_MAX);
    const lines = Array.from({ length: 1_000 }, (_, line) => ({
      refusal: { line, code: 'not-json', reason: 'broken' } as const,
      raw,
      rawBytes: raw.length + 10,
    }));
    for (let body = 0; body < 45; body += 1) await quarantine.keep('sender', lines, 1_200);
    await quarantine.close();
    const files = await readdir(dir);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(dir, file))).size));
    for (const size of sizes) expect(size).toBeLessThanOrEqual(QUARANTINE_FILE_BYTES_MAX);
    const kept = sizes.reduce((sum, size) => sum + size, 0);
    expect(kept).toBeLessThanOrEqual(QUARANTINE_BYTES_MAX);
    expect(kept).toBeGreaterThan(QUARANTINE_BYTES_MAX - QUARANTINE_FILE_BYTES_MAX);
    expect(quarantine.counters().filesDropped).toBeGreaterThan(0);
    const last = (await readFile(join(dir, files.toSorted().at(-1) ?? ''), 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(last.at(-1) ?? '')).toMatchObject({ sender: 'sender', count: 200 });
    expect(JSON.parse(last[0] ?? '')).toMatchObject({
      line: 0,
      code: 'not-json',
      raw_bytes: raw.length + 10,
      time: '2026-09-21T14:13:20.000000Z',
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('what waits together is written together, and each waits until it is written', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-quarantine-'));
  try {
    const quarantine = new Quarantine(dir, () => 0);
    const keep = (line: number): Promise<void> =>
      quarantine.keep('s', [{ refusal: { line, code: 'not-json', reason: 'r' }, raw: 'a', rawBytes: 1 }], 1);
    await Promise.all(Array.from({ length: 50 }, (_, line) => keep(line)));
    const [file] = await readdir(dir);
    const written = (await readFile(join(dir, file ?? ''), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).line);
    expect(written).toEqual(Array.from({ length: 50 }, (_, line) => line));
    await quarantine.close();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('one who sends rubbish without end pushes out its own lines, and nobody else’s, also over a restart', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-quarantine-'));
  try {
    const lines = (raw: string, count: number) =>
      Array.from({ length: count }, (_, line) => ({
        refusal: { line, code: 'not-json', reason: 'broken' } as const,
        raw,
        rawBytes: raw.length,
      }));
    const flood = lines('x'.repeat(QUARANTINE_RAW_BYTES_MAX), 1_000);
    for (let start = 0; start < 2; start += 1) {
      const quarantine = new Quarantine(dir, () => 1_790_000_000_000_000);
      await quarantine.keep(`modest/../${start}`, lines(`kept ${start}`, 3), 3);
      for (let body = 0; body < 40; body += 1) await quarantine.keep('loud', flood, 1_000);
      await quarantine.close();
      expect(quarantine.counters().filesDropped).toBeGreaterThan(0);
    }
    const texts = await Promise.all((await readdir(dir)).map((file) => readFile(join(dir, file), 'utf8')));
    for (const start of [0, 1]) {
      const mine = texts.filter((text) => text.includes(`"sender":"modest/../${start}"`));
      expect(mine.map((text) => text.trimEnd().split('\n').length)).toEqual([3]);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('a line that a crash cut off goes at the next start, and those before and after it are whole', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-quarantine-'));
  try {
    const line = { refusal: { line: 0, code: 'not-json', reason: 'r' }, raw: 'a', rawBytes: 1 } as const;
    await new Quarantine(dir, () => 0).keep('s', [line], 1);
    const [name = ''] = await readdir(dir);
    await appendFile(join(dir, name), '{"time":"1970');
    await new Quarantine(dir, () => 0).keep('s', [line], 1);
    const [first, second, ...rest] = (await readFile(join(dir, name), 'utf8')).split('\n');
    expect(rest).toEqual(['']);
    expect(first).toBe(second);
    expect(JSON.parse(first ?? '')).toMatchObject({ sender: 's', raw: 'a' });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
