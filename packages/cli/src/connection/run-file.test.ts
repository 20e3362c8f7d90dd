import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRunFile, readRunFile, runFilePath } from './run-file.ts';

const RUN = { url: 'http://127.0.0.1:7071', pid: process.pid, token: 'plt_x', started: '2026-11-22T14:36:49.123456Z' };

describe('the run file', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'portledger-run-'));
    await mkdir(path.join(dir, 'run'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  test('of a process that lives is read; of one that is gone it says nothing', async () => {
    expect(await readRunFile(dir)).toBeUndefined();
    await writeFile(runFilePath(dir), JSON.stringify(RUN));
    expect(await readRunFile(dir)).toEqual(RUN);
    await writeFile(runFilePath(dir), JSON.stringify({ ...RUN, pid: 2 ** 22 + 1 }));
    expect(await readRunFile(dir)).toBeUndefined();
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '{"url":"x","pid":1,"token":"t"}',
    '{"url":"http://a","pid":-1,"token":"t"}',
    '{"url":"http://a","pid":1}',
  ])('that is torn says nothing: %j', (content) => {
    expect(parseRunFile(content)).toBeUndefined();
  });
});
