import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { POLITE_NICE } from '../limits.ts';

const MODULE = new URL('own-priority.ts', import.meta.url).href;
const asRoot = process.getuid?.() === 0;

/** Runs in a process of its own, as what it changes is the whole process. */
function run(script: string, nice: string): string {
  const program = `
    import { readdirSync, readFileSync } from 'node:fs';
    import { stat } from 'node:fs/promises';
    import { OwnPriority } from '${MODULE}';
    const nices = () => [...new Set(readdirSync('/proc/self/task').map((task) =>
      Number(readFileSync('/proc/self/task/' + task + '/stat', 'utf8').replace(/.*\\) /s, '').split(' ')[16])))].join();
    const own = OwnPriority.open();
    ${script}`;
  const args = ['-n', nice, process.execPath, '--input-type=module', '-e', program];
  return execFileSync('nice', args, { encoding: 'utf8' }).trim();
}

test.skipIf(!asRoot)('every thread yields, and takes its own priority back (needs root)', () => {
  const script = `own.set(true); const polite = nices(); await stat('/'); own.set(false); console.log(polite, nices());`;
  expect(run(script, '2')).toBe(`${POLITE_NICE} 2`);
});

test('what was started politely is left as it is', () => {
  expect(run('console.log(own, nices());', '15')).toBe('undefined 15');
});
