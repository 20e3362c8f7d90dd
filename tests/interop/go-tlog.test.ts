import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, removeDir } from '../product/portledger-process.ts';
import {
  freshFolder,
  publishRounds,
  run,
  serveFolder,
  sizeOf,
  writeBlockLines,
  type PublishedLogUnderTest,
  type Run,
} from './published-log.ts';

// Debian's golang-1.19-go and golang-golang-x-mod-dev: golang.org/x/mod 0.7.0 as sources, found by GOPATH.
const GO = ['/usr/lib/go-1.19/bin/go', '/usr/lib/go-1.22/bin/go', '/usr/lib/go/bin/go', '/usr/bin/go'].find((file) =>
  existsSync(file),
);
const GOPATH = '/usr/share/gocode';
const canRun = GO !== undefined && existsSync(join(GOPATH, 'src/golang.org/x/mod/sumdb/tlog'));
/** Rounds of one block and more, so that successive checkpoints lie close together and far apart. */
const ROUNDS = [1, 50, 9_000, 7, 20_000];

type Summary = Readonly<Record<'size' | 'manifests' | 'records' | 'earlier_heads', number>> &
  Readonly<Record<'served_consistency' | 'served_records' | 'blocks_rehashed', number>>;

describe.skipIf(!canRun)(
  'the Go project’s sumdb/note and sumdb/tlog on our log (needs golang-1.19-go and golang-golang-x-mod-dev)',
  () => {
    const work = freshFolder();
    const logcheck = join(work, 'logcheck');
    let log: PublishedLogUnderTest;

    function check(...args: readonly string[]): Promise<Run> {
      return run(logcheck, ['-vkey', log.vkey, ...args]);
    }

    function summaryOf({ code, out, err }: Run): Summary {
      expect(err).toBe('');
      expect(code).toBe(0);
      const summary: Summary = JSON.parse(out);
      return summary;
    }

    beforeAll(async () => {
      const env = { ...process.env, GO111MODULE: 'off', GOPATH, GOFLAGS: '' };
      const source = join(import.meta.dirname, 'go', 'logcheck');
      const built = await run(GO ?? '', ['build', '-o', logcheck, '.'], { env, cwd: source });
      expect(built.err).toBe('');
      log = await publishRounds(freshFolder(), ROUNDS);
    }, 180_000);

    afterAll(async () => {
      await log.product.stop();
      removeDir(log.product.dir);
      removeDir(work);
    });

    test('over HTTP: checkpoint, tiles, every manifest, growth since each checkpoint, the proofs we serve', async () => {
      const earlier = join(work, 'earlier');
      mkdirSync(earlier);
      log.checkpoints.forEach((checkpoint, round) => writeFileSync(join(earlier, `round-${round}`), checkpoint));
      const sizes = log.checkpoints.map(sizeOf);
      const consistency: string[] = [];
      for (const from of [1, ...sizes]) {
        for (const to of sizes.filter((size) => size >= from)) {
          consistency.push(JSON.stringify(await call(log.product.run, `/v1/consistency?from=${from}&to=${to}`)));
        }
      }
      writeFileSync(join(work, 'consistency'), consistency.join('\n'));
      const records: string[] = [];
      for (const size of sizes) {
        records.push(JSON.stringify(await call(log.product.run, `/v1/records/${size - 1}/0/proof`)));
      }
      writeFileSync(join(work, 'records'), records.join('\n'));
      const url = `${log.product.run.url}/ledger`;
      const given = ['-consistency', join(work, 'consistency'), '-records', join(work, 'records'), '-earlier', earlier];
      const summary = summaryOf(await check('-token', log.product.run.token, ...given, url));
      expect(summary.size).toBeGreaterThanOrEqual(sizes.at(-1) ?? 0);
      expect(summary.manifests).toBe(summary.size);
      expect(summary.records).toBeGreaterThanOrEqual(ROUNDS.reduce((sum, count) => sum + count, 0));
      expect(summary).toMatchObject({
        earlier_heads: ROUNDS.length,
        served_consistency: consistency.length,
        served_records: records.length,
      });
    });

    describe('at rest', () => {
      beforeAll(async () => {
        await log.product.stop();
      });

      test('from the folder as it is, down to the root over every block’s lines', async () => {
        const lines = join(work, 'lines');
        const blocks = writeBlockLines(log.folder, lines);
        const summary = summaryOf(await check('-lines', lines, log.folder));
        expect(summary).toMatchObject({ size: blocks, manifests: blocks, blocks_rehashed: blocks });
      });

      test('copied anywhere and served by a server of files that knows nothing of logs', async () => {
        const copy = join(work, 'copy');
        await cp(log.folder, copy, { recursive: true });
        await using served = await serveFolder(copy);
        const summary = summaryOf(await check(served.url));
        expect(summary.manifests).toBe(summary.size);
      });

      test.each([
        ['a flipped bit in a tile', 'tile/0', /tile|hash|proof|root/i],
        ['a flipped bit in a manifest', 'tile/entries', /manifest|proof/i],
      ])('finds %s', async (_what, below, said) => {
        const copy = join(work, 'damaged');
        await cp(log.folder, copy, { recursive: true });
        const entries = await readdir(join(copy, below), { recursive: true, withFileTypes: true });
        const stored = entries.find((entry) => entry.isFile());
        const file = join(stored?.parentPath ?? '', stored?.name ?? '');
        const bytes = readFileSync(file);
        bytes[40] = (bytes[40] ?? 0) ^ 1;
        writeFileSync(file, bytes);
        const { code, err } = await check(copy);
        await rm(copy, { recursive: true });
        expect(code).toBe(1);
        expect(err).toMatch(said);
      });

      test('refuses a line changed in a block, a checkpoint of another key, and another history', async () => {
        const lines = join(work, 'changed');
        writeBlockLines(log.folder, lines);
        const file = join(lines, '0.ndjson');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"v":1', '"v":2'));
        expect((await check('-lines', lines, log.folder)).err).toMatch(/block 0/);

        const other = await publishRounds(freshFolder(), [5]);
        await other.product.stop();
        const foreign = await run(logcheck, ['-vkey', other.vkey, log.folder]);
        const earlier = join(work, 'foreign');
        mkdirSync(earlier);
        writeFileSync(join(earlier, 'checkpoint'), other.checkpoints[0] ?? '');
        const forked = await check('-earlier', earlier, log.folder);
        removeDir(other.product.dir);
        expect(foreign.code).toBe(1);
        expect(forked.code).toBe(1);
      });
    });
  },
);
