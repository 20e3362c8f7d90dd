import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { programPath } from '../../bench/machine.ts';
import { runWrk, startNginx } from '../../bench/nginx-load.ts';
import { call, portledger, removeDir, search, startPortledger, temporaryDir, until } from './portledger-process.ts';

const canLoad =
  process.getuid?.() === 0 &&
  existsSync('/sys/kernel/btf/vmlinux') &&
  programPath('nginx') !== undefined &&
  programPath('wrk') !== undefined;
const LOAD_SECONDS = 3;

test.skipIf(!canLoad)(
  'under a saturating connect-per-request load every connection is in the ledger (needs root, BTF, nginx and wrk)',
  { timeout: 120_000 },
  async () => {
    const dir = temporaryDir();
    const product = await startPortledger('up', dir, ['--log-level', 'error']);
    try {
      await until('capture', async () =>
        (await search(product.run, 'action:capture-started AND observer_kind:agent')).length > 0 ? true : undefined,
      );
      const nginx = await startNginx();
      const load = runWrk(nginx.port, LOAD_SECONDS);
      const accepted = await nginx.accepted();
      expect(accepted).toBeGreaterThan(load.requests);
      const counted = async (action: string): Promise<number> =>
        (
          await call<{ total: number }>(
            product.run,
            `/v1/top?field=action&limit=1&q=${encodeURIComponent(`dest_port:${nginx.port} AND action:${action}`)}`,
          )
        ).total;
      // nginx counts what it accepted; the ledger must hold exactly that, each seen from both ends and closed at both.
      await until(
        'both closes of every connection',
        async () => ((await counted('connection-closed')) >= 2 * accepted ? true : undefined),
        60_000,
      );
      expect(await counted('connection-accepted')).toBe(accepted);
      expect(await counted('connection-initiated')).toBe(accepted);
      expect(await counted('connection-closed')).toBe(2 * accepted);
      expect(await search(product.run, 'action:records-lost')).toEqual([]);
      await nginx.stop();
      await product.stop('SIGINT');
      const verified = await portledger('verify', '--data', dir);
      expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    } finally {
      await product.stop('SIGKILL');
      removeDir(dir);
    }
  },
);
