import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { faultsOf, runWithFault, stepsOf } from './testing/fault-run.ts';
import { FAULT_COLUMNS, FAULT_TABLE, faultTableText } from './testing/fault-table.ts';

const DOCUMENT = new URL('../../../../docs/reliability.md', import.meta.url);

describe.each(['running', 'opening'] as const)('while %s', (phase) => {
  test('each fault of each step leads to what the table says, and loses, doubles and forks nothing', async () => {
    const found = new Map<string, Set<string>[]>();
    for (const { index, name, step } of await stepsOf(phase)) {
      const cells = found.get(name) ?? FAULT_COLUMNS.map(() => new Set<string>());
      found.set(name, cells);
      for (const fault of faultsOf(step)) {
        const column = FAULT_COLUMNS.findIndex(({ faults }) => faults.some((one) => one === fault));
        const outcome = await runWithFault(phase, index, fault).catch((cause: unknown) => {
          throw new Error(`${fault} at step ${index}, ${name}`, { cause });
        });
        cells[column]?.add(outcome);
      }
    }
    const rows = Array.from(found, ([name, cells]) => [name].concat(cells.map((cell) => [...cell].join(' or '))));
    expect(rows).toEqual(FAULT_TABLE[phase].map((row) => row.map((cell) => cell ?? '')));
  }, 120_000);

  test('the document shows the table', () => {
    expect(readFileSync(DOCUMENT, 'utf8')).toContain(faultTableText(phase, FAULT_TABLE[phase]));
  });
});
