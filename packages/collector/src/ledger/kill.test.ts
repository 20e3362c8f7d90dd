import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLedger } from './ledger.ts';
import { verifyFolder } from './verify-folder.ts';

const KILLS = 50;
/** Milliseconds for all kills; on a slow machine there are fewer, and the test says how many. */
const TIME_MS_MAX = 15_000;
const CHILD = new URL('./testing/appending-child.ts', import.meta.url);

/** Kills a child that is opening the ledger, or one that has opened it, some time after. */
async function killOnce(args: readonly string[], when: 'opening' | 'open', afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [CHILD.pathname, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  if (when === 'open') await Promise.race([once(child.stdout, 'data'), gone]);
  await new Promise((resolve) => setTimeout(resolve, afterMs)); // the random moment is the point of the test
  child.kill('SIGKILL');
  const [code] = await gone;
  expect(code, 'the child must not have failed by itself').toBe(null);
}

test('kill -9 at random moments loses nothing acknowledged, doubles nothing and forks nothing', async () => {
  const seed = Date.now() % 100_000;
  let state = seed;
  const next = (): number => (state = (state * 48_271 + 11) % 2_147_483_647) / 2_147_483_647;
  const dir = mkdtempSync(join(tmpdir(), 'portledger-kill-'));
  const [acked, signed] = [join(dir, 'acked'), join(dir, 'signed')];
  const data = join(dir, 'data');
  const started = performance.now();
  let kills = 0;
  try {
    while (kills < KILLS && performance.now() - started < TIME_MS_MAX) {
      await killOnce([data, acked, signed, String(kills)], next() < 0.3 ? 'opening' : 'open', next() * 160);
      kills += 1;
    }
    const unopened = await verifyFolder(data, { threads: 0 });
    expect(unopened.findings, `seed ${seed}`).toEqual([]);

    const ledger = await openLedger({ dir: data, clock: () => Date.now() * 1_000, signedLog: signed });
    const held = new Set<string>();
    const done = new AbortController();
    let records = 0;
    for await (const chunk of ledger.follow({ block: 0, position: 0 }, done.signal)) {
      for (const line of Buffer.from(chunk.lines).toString().trimEnd().split('\n')) {
        held.add(/"seq":\d+,"session":"[^"]+"/.exec(line)?.[0] ?? line);
        records += 1;
      }
      if (records >= ledger.head().records) done.abort();
    }
    await ledger.close();
    expect(held.size, `seed ${seed}: nothing twice`).toBe(records);
    let acknowledged = 0;
    for (const text of readFileSync(acked, 'utf8').trimEnd().split('\n')) {
      const [session, first = '', count = ''] = text.split(' ');
      for (let seq = Number(first); seq < Number(first) + Number(count); seq++) {
        acknowledged += 1;
        if (!held.has(`"seq":${seq},"session":"${session}"`))
          throw new Error(`seed ${seed}: ${session} ${seq} is lost`);
      }
    }
    const roots = new Map<string, string>();
    for (const text of readFileSync(signed, 'utf8').trimEnd().split('\n')) {
      const [size = '', root = ''] = text.split(' ');
      expect(roots.get(size) ?? root, `seed ${seed}: two roots for size ${size}`).toBe(root);
      roots.set(size, root);
    }
    const report = await verifyFolder(data, { threads: 0 });
    expect(report.findings, `seed ${seed}`).toEqual([]);
    process.stdout.write(
      `seed ${seed}: ${kills} kills, ${acknowledged} records acknowledged, ${records} held, ${roots.size} tree heads signed\n`,
    );
    expect(kills).toBeGreaterThanOrEqual(10);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 90_000);
