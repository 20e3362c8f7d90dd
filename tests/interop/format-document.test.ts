import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeDir } from '../product/portledger-process.ts';
import { ROOT } from '../source-files.ts';
import { freshFolder, publishRounds, run, type PublishedLogUnderTest, type Run } from './published-log.ts';

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const TOOLS = ['python3', 'zstd'].every(has);
const VERIFIER = join(ROOT, 'tests', 'interop', 'verify_ledger.py');

describe.skipIf(!TOOLS)('a verifier written from docs/format.md alone (needs python3, zstd, openssl)', () => {
  const work = freshFolder();
  let log: PublishedLogUnderTest;
  const verify = (folder: string, key = log.vkey): Promise<Run> => run('python3', [VERIFIER, folder, key]);

  beforeAll(async () => {
    log = await publishRounds(freshFolder(), [30, 9_000, 5]);
    await log.product.stop();
  }, 60_000);
  afterAll(() => {
    removeDir(log.product.dir);
    removeDir(work);
  });

  test('passes a good ledger', async () => {
    expect(await verify(log.folder)).toMatchObject({ code: 0, out: 'it verifies\n' });
  });

  test('fails on one flipped bit in any file, on any missing one, on one too many, and under another key', async () => {
    const files = readdirSync(log.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(log.folder.length + 1));
    const copy = join(work, 'copy');
    for (const file of files) {
      for (const damage of ['flip', 'remove'] as const) {
        await cp(log.folder, copy, { recursive: true });
        const path = join(copy, file);
        const bytes = readFileSync(path);
        const middle = Math.floor(bytes.length / 2);
        bytes[middle] = (bytes[middle] ?? 0) ^ 1;
        if (damage === 'remove') rmSync(path);
        else writeFileSync(path, bytes);
        expect((await verify(copy)).code, `${damage} ${file}`).toBe(1);
        await rm(copy, { recursive: true });
      }
    }
    await cp(log.folder, copy, { recursive: true });
    writeFileSync(join(copy, 'tile', '0', '001'), 'x');
    expect((await verify(copy)).code).toBe(1);
    expect((await verify(log.folder, `x${log.vkey}`)).code).toBe(1);
  }, 60_000);
});
