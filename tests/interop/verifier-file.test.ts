import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { portledger, removeDir } from '../product/portledger-process.ts';
import { ROOT } from '../source-files.ts';
import { freshFolder, publishRounds, run, serveFolder, type PublishedLogUnderTest, type Run } from './published-log.ts';

const OLDER_NODES = ['/usr/bin/node', '/usr/bin/nodejs', '/usr/local/bin/node'].filter((file) => existsSync(file));
const WRITER = join(ROOT, 'packages', 'format', 'write-verifier.mjs');

/** What does not differ from run to run: blocks checked side by side are told of in another order, faults in other words. */
function steady(report: string): ReadonlySet<string> {
  const lines = report.replace(/ in \d+\.\d s/, '').split('\n');
  return new Set(lines.map((line) => line.replace(/: .* (\([a-z-]+\))$/, ' $1')));
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('verify.mjs, the verifier in one file', () => {
  const work = freshFolder();
  // Away from the workspace, as an auditor has it: nothing can be imported from there.
  const verifier = join(work, 'verify.mjs');
  let log: PublishedLogUnderTest;

  function verify(...args: readonly string[]): Promise<Run> {
    return run(process.execPath, [verifier, ...args], { cwd: work, env: { PATH: '/nonexistent' } });
  }

  beforeAll(async () => {
    const made = await run(process.execPath, [WRITER, verifier], { cwd: work });
    expect(made).toMatchObject({ code: 0, err: '' });
    log = await publishRounds(freshFolder(), [30, 9_000, 5]);
    await log.product.stop();
  });
  afterAll(() => {
    removeDir(log.product.dir);
    removeDir(work);
  });

  test('is one readable file under 100 kB that imports from Node alone', () => {
    const text = readFileSync(verifier, 'utf8');
    expect(statSync(verifier).size).toBeLessThan(100_000);
    const imported = [...text.matchAll(/^import .* from '([^']+)'$/gm)].map(([, name]) => name);
    const allowed = ['crypto', 'fs', 'fs/promises', 'path', 'util', 'zlib'].map((name) => `node:${name}`);
    expect(new Set(imported)).toEqual(new Set(allowed));
    const lines = text.split('\n');
    expect(lines.length).toBeGreaterThan(1_500);
    expect(lines.filter((line) => line.length > 300)).toEqual([]);
  });

  test('passes a good ledger, by the data folder and by its own, and says what portledger verify says', async () => {
    const own = await verify(log.folder, '--vkey', log.vkey);
    expect(own).toMatchObject({ code: 0, err: '' });
    expect(own.out).toMatch(/the key that you gave[\s\S]*Everything is as it was written and signed\.\n$/);
    const product = await portledger('verify', '--data', log.product.dir, '--vkey', log.vkey);
    expect(steady(own.out)).toEqual(steady(product.stdout));
    const bare = await verify(log.product.dir, '--format', 'json');
    expect(JSON.parse(bare.out)).toMatchObject({ ok: true, findings: [] });
  });

  test('fails on one flipped bit in any file of it, and says what portledger verify says', async () => {
    const copy = join(work, 'copy');
    const files = filesBelow(log.folder).map((file) => file.slice(log.folder.length + 1));
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      await cp(log.folder, join(copy, 'ledger'), { recursive: true });
      const path = join(copy, 'ledger', file);
      const bytes = readFileSync(path);
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      writeFileSync(path, bytes);
      const found = await verify(copy, '--vkey', log.vkey);
      expect(found.code, file).toBe(1);
      const product = await portledger('verify', '--data', copy, '--vkey', log.vkey);
      expect(steady(found.out), file).toEqual(steady(product.stdout));
      expect(found.code, file).toBe(product.code);
      await rm(copy, { recursive: true });
    }
  });

  test('fails where there is nothing to hold on to, and never passes it', async () => {
    const copy = join(work, 'bare', 'ledger');
    await cp(log.folder, copy, { recursive: true });
    await rm(join(copy, 'checkpoint'));
    expect((await verify(copy)).out).toMatch(/FAILED[\s\S]*$/);
    expect((await verify(copy)).code).toBe(1);
    for (const args of [
      [],
      [work, 'more'],
      [join(work, 'none')],
      [log.folder, '--vkey', 'x'],
      [log.folder, '--what'],
    ]) {
      const { code, out, err } = await verify(...args);
      expect([code, out], args.join(' ')).toEqual([2, '']);
      expect(err).not.toMatch(/\n\s+at /);
    }
  });

  test('reads a server of files, and a policy that names the log and its witnesses', async () => {
    await using server = await serveFolder(log.folder);
    const served = await verify(server.url, '--key', log.vkey);
    expect(served).toMatchObject({ code: 0, err: '' });
    expect(served.out).toMatch(/Integrity +PASS +9,0\d\d records[\s\S]*can’t be listed there/);
    const policy = join(work, 'auditor.policy');
    writeFileSync(policy, `log ${log.vkey}\nquorum none\n`);
    const byPolicy = await verify(log.folder, '--policy', policy);
    expect(byPolicy.code).toBe(0);
    expect(byPolicy.out).toMatch(/key is in your policy[\s\S]*the operator could have rewritten all of this/);
    const witness = 'witness.example/w+c9d4bb39+BPyqkHJ9BUbVqkN3pNJqq9Bs5n6BnZ1QBZ8hlIJ+EkQd';
    writeFileSync(policy, `log ${log.vkey}\nwitness w ${witness}\nquorum w\n`);
    expect((await verify(log.folder, '--policy', policy)).code).toBe(2);
  });

  test('holds a log to a checkpoint that was kept', async () => {
    const kept = join(work, 'kept');
    writeFileSync(kept, log.checkpoints[0] ?? '');
    const grown = await verify(log.folder, '--key', log.vkey, '--earlier', kept);
    expect(grown).toMatchObject({ code: 0 });
    expect(grown.out).toMatch(/continues your earlier checkpoint of \d+ blocks?/);
  });

  test('checks itself: small, its imports, the same when made again', async () => {
    const checked = await run(process.execPath, [WRITER, '--check']);
    expect(checked).toMatchObject({ code: 0, err: '' });
    expect(checked.out).toMatch(/^verify\.mjs: \d+ bytes, sha256 [0-9a-f]{64}\n$/);
  });

  test.skipIf(OLDER_NODES.length === 0)('tells an older Node what it needs (needs another Node)', async () => {
    for (const node of OLDER_NODES) {
      const { code, out, err } = await run(node, [verifier, log.folder]);
      const hasZstd = (await run(node, ['-p', 'typeof require("zlib").zstdDecompressSync'])).out.startsWith('function');
      expect(code).toBe(hasZstd ? 0 : 2);
      if (!hasZstd) expect([out, err]).toEqual(['', expect.stringMatching(/^verify\.mjs needs Node 22\.15 or later/)]);
    }
  });
});
