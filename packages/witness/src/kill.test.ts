import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { parseCheckpoint, parseVerifierKey, verifyCosignature } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { ExampleLog } from './testing/example-log.ts';
import { post, requestOf, type Answered } from './testing/post.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const KILLS = 15;
/** Milliseconds for all kills; on a slow machine there are fewer, and the test says how many. */
const TIME_MS_MAX = 12_000;
const CHILD = new URL('./testing/witness-child.ts', import.meta.url).pathname;
const BRANCHES = ['north', 'south'];

type Cosigned = { readonly size: number; readonly root: string };

test('kill -9 at random moments never lets two roots of a size be cosigned, nor a smaller tree after a larger', async () => {
  using folder = temporaryFolder();
  const log = new ExampleLog('log.example');
  const seed = Date.now() % 100_000;
  let state = seed;
  const next = (): number => (state = (state * 48_271 + 11) % 2_147_483_647) / 2_147_483_647;
  const released: Cosigned[] = [];
  const vkeys = new Set<string>();
  let size = 1;
  let kills = 0;
  const started = performance.now();

  // A log that forks with all its might: at each size it asks for both branches, and after each kill for old sizes.
  async function attack(url: string, vkey: string): Promise<void> {
    const key = parseVerifierKey(nodeSha256, vkey);
    if (!key.ok) throw new Error(key.fault.message);
    for (;;) {
      const from = next() < 0.2 ? Math.max(0, size - 1) : size;
      const to = from + Math.floor(next() * 3);
      // Each is noted by itself: the one answer that got out before the kill is what counts.
      await Promise.all(
        BRANCHES.map(async (branch) => note(key.value, to, branch, await post(url, requestOf(log, from, to, branch)))),
      );
    }
  }

  async function note(
    key: Parameters<typeof verifyCosignature>[1],
    to: number,
    branch: string,
    { status, body }: Answered,
  ): Promise<void> {
    expect([200, 409, 422], body).toContain(status);
    if (status === 409) size = Number(body);
    if (status !== 200) return;
    const [text = ''] = log.checkpoint(to, branch).split('\n\n');
    expect((await verifyCosignature(`${text}\n\n${body}`, key, nodeVerifyEd25519)).ok).toBe(true);
    const head = parseCheckpoint(`${text}\n`);
    if (!head.ok) throw new Error(head.fault.message);
    released.push({ size: head.value.size, root: Buffer.from(head.value.root).toString('base64') });
    size = head.value.size;
  }

  while (kills < KILLS && performance.now() - started < TIME_MS_MAX) {
    const child = spawn(process.execPath, [CHILD, folder.path, log.vkey], { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = once(child, 'exit');
    const [line] = await once(child.stdout, 'data');
    const [url = '', vkey = ''] = String(line).trim().split(' ');
    vkeys.add(vkey);
    const attacked = attack(url, vkey).catch((error: unknown) => error);
    const moment = setTimeout(() => child.kill('SIGKILL'), next() * 120); // the random moment is the point of the test
    const error = await attacked;
    clearTimeout(moment);
    child.kill('SIGKILL');
    expect(await gone).toEqual([null, 'SIGKILL']);
    expect(error).toBeInstanceOf(TypeError); // fetch's: the connection went
    kills += 1;
  }

  const roots = new Map<number, string>();
  let largest = 0;
  for (const { size, root } of released) {
    expect(roots.get(size) ?? root, `seed ${seed}: two roots of size ${size}`).toBe(root);
    expect(size, `seed ${seed}: back from ${largest}`).toBeGreaterThanOrEqual(largest);
    roots.set(size, root);
    largest = size;
  }
  process.stdout.write(`seed ${seed}: ${kills} kills, ${released.length} cosignatures, ${roots.size} sizes\n`);
  expect(vkeys.size).toBe(1);
  expect(released.length).toBeGreaterThan(kills);
  expect(kills).toBeGreaterThanOrEqual(5);
});
