import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { testFolder } from '../testing/test-folder.ts';

const CHILD = fileURLToPath(new URL('../testing/exiting-child.ts', import.meta.url));

test.each([0, 30, 120])(
  'a process that exits %i ms into queries and writing is not aborted by DuckDB',
  async (waitMs) => {
    await using folder = await testFolder();
    const child = spawn(process.execPath, [CHILD, folder.path, String(waitMs)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    const [code, signal]: unknown[] = await once(child, 'exit');
    expect([code, signal, told]).toEqual([7, null, '']);
  },
);
