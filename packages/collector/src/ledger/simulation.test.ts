import { describe, expect, test } from 'vitest';
import { LEDGER_MISTAKES } from './testing/ledger-mistakes.ts';
import { simulate } from './testing/simulation.ts';

const SEEDS = 12;
const LIVES = 40;
/** Simulations within which a mistake must show. */
const MISTAKE_SEEDS_MAX = 60;

async function firstFailure(name: string): Promise<string | undefined> {
  for (let seed = 1; seed <= MISTAKE_SEEDS_MAX; seed++) {
    try {
      await simulate({ seed, lives: 25, mistake: LEDGER_MISTAKES[name]?.() ?? (() => undefined) });
    } catch (error) {
      return String(error);
    }
  }
  return undefined;
}

describe('a simulated ledger', () => {
  test(`keeps its promises through ${SEEDS * LIVES} crashes, faults and restarts`, async () => {
    // A new start each day, and with each failure the seed that shows it again.
    const first = Math.floor(Date.now() / 86_400_000) * SEEDS;
    const totals = { lives: 0, crashes: 0, faults: 0, records: 0, pushBacks: 0, stops: 0 };
    for (let seed = first; seed < first + SEEDS; seed++) {
      const counts = await simulate({ seed, lives: LIVES });
      for (const name of ['lives', 'crashes', 'faults', 'records', 'pushBacks', 'stops'] as const)
        totals[name] += counts[name];
    }
    expect(totals.lives).toBe(SEEDS * LIVES);
    for (const [name, count] of Object.entries(totals)) expect(count, name).toBeGreaterThan(20);
  }, 120_000);

  test.each(Object.keys(LEDGER_MISTAKES))(
    'is found out when it %s',
    async (name) => {
      expect(await firstFailure(name)).toContain('seed');
    },
    120_000,
  );
});
