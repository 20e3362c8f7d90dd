import { parseArgs } from 'node:util';
import { simulate } from './simulation.ts';

/**
 * Runs simulations until one fails: `node packages/collector/src/ledger/testing/simulate.ts --seed 1 --cycles 2000`.
 * Each seed is one ledger on one disk through `--lives` lives; a cycle is one life.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cycles: { type: 'string', default: '2000' },
    lives: { type: 'string', default: '40' },
  },
});
const lives = Number(values.lives);
const started = performance.now();
let cycles = 0;
let seed = Number(values.seed);
const totals = new Map<string, number>();
try {
  for (; cycles < Number(values.cycles); seed++) {
    const counts = await simulate({ seed, lives });
    cycles += counts.lives;
    for (const [name, count] of Object.entries(counts)) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  process.stdout.write(
    `seeds ${values.seed} to ${seed - 1}, ${seconds} s: ${JSON.stringify(Object.fromEntries(totals))}\n`,
  );
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const again = `again: node ${process.argv[1] ?? ''} --seed ${seed} --cycles ${lives} --lives ${lives}`;
  process.stderr.write(`${message}\n${again}\n`);
  process.exitCode = 1;
}
