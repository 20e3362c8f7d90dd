import { afterEach, expect, test } from 'vitest';
import { seededRandom } from '../../bench/synthetic-records.ts';
import { call, portledger, removeDir, startPortledger, temporaryDir, until } from './portledger-process.ts';

const KILLS = 50;
const RECORDS_A_POST = 40;
let dir = '';

afterEach(() => removeDir(dir));

function body(seq: number): string {
  const lines = Array.from({ length: RECORDS_A_POST }, (_, index) =>
    JSON.stringify({
      timestamp: '2026-01-02T03:04:05.678901Z',
      user: 'load',
      src_port: 40_000,
      dest_port: 5432,
      action: 'connection-initiated',
      observer: 'crash-host',
      observer_kind: 'agent',
      session: 'crash',
      seq: seq + index,
    }),
  );
  return `${lines.join('\n')}\n`;
}

test(
  `the collector killed ${KILLS} times under load: nothing acknowledged is lost, nothing is twice, no root is forked`,
  { timeout: 240_000 },
  async () => {
    dir = temporaryDir();
    const seed = Date.now() % 1_000_000;
    console.log(`kill-nine seed ${seed}`);
    const random = seededRandom(seed);
    const rootOfSize = new Map<string, string>();
    let acknowledged = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const collector = await startPortledger('collector', dir, ['--log-level', 'error']);
      const dead = new Promise<void>((resolve) => collector.child.once('close', () => resolve()));
      const timer = setTimeout(() => collector.child.kill('SIGKILL'), 20 + random() * 400);
      while (collector.child.exitCode === null && collector.child.signalCode === null) {
        // Every post starts again at the first number that was never acknowledged, as an agent does after a lost reply.
        const reply = await call<{ accepted: number; duplicates: number }>(collector.run, '/v1/records', {
          method: 'POST',
          body: body(acknowledged),
          headers: { 'content-type': 'application/x-ndjson' },
        }).catch(() => undefined);
        if (!reply) continue;
        expect(reply.accepted + reply.duplicates).toBe(RECORDS_A_POST);
        acknowledged += RECORDS_A_POST;
        const [, size, root] = await fetch(new URL('/v1/checkpoint', collector.run.url), {
          headers: { authorization: `Bearer ${collector.run.token}` },
        })
          .then(async (answer) => (answer.ok ? (await answer.text()).split('\n') : []))
          .catch(() => []);
        if (size === undefined || root === undefined) continue;
        expect(rootOfSize.get(size) ?? root, `two roots for size ${size}, seed ${seed}`).toBe(root);
        rootOfSize.set(size, root);
      }
      clearTimeout(timer);
      await dead;
    }
    const collector = await startPortledger('collector', dir, ['--log-level', 'error']);
    const counted = await until('the index', async () => {
      const { total } = await call<{ total: number }>(
        collector.run,
        `/v1/top?field=seq&limit=1&q=${encodeURIComponent('session:crash')}`,
      );
      return total >= acknowledged ? total : undefined;
    });
    expect(counted - acknowledged).toBeLessThanOrEqual(RECORDS_A_POST * KILLS);
    const twice = await call<{ buckets: readonly { value: string; count: number }[] }>(
      collector.run,
      `/v1/top?field=seq&limit=5&q=${encodeURIComponent('session:crash')}`,
    );
    expect(
      twice.buckets.every(({ count }) => count === 1),
      JSON.stringify(twice.buckets),
    ).toBe(true);
    await collector.stop();
    const verified = await portledger('verify', '--data', dir);
    expect(verified.code, `seed ${seed}\n${verified.stdout}${verified.stderr}`).toBe(0);
  },
);
