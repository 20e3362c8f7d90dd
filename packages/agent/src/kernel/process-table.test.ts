import { expect, test } from 'vitest';
import type { Owner } from '../capture/capture-event.ts';
import { ProcessTable } from './process-table.ts';

const GONE = 4_194_304; // one above the largest pid

function owner(pid: number): Owner {
  return { pid, uid: 0, comm: `p${pid}` };
}

test('the same number gives the same object', () => {
  const table = new ProcessTable();
  const first = owner(1);
  table.put(7, first);
  expect(table.owner(7)).toBe(first);
  expect(table.owner(8)).toBeUndefined();
});

test('a full table forgets the dead and unnamed, keeps the living', () => {
  const table = new ProcessTable(100);
  const living = owner(process.pid);
  table.put(1, living);
  for (let number = 2; number <= 1_000; number++) table.put(number, owner(GONE));
  expect(table.owner(1)).toBe(living);
  expect(table.size).toBeLessThanOrEqual(101);
  expect(table.size + table.forgotten).toBe(1_000);
});

test('a full table of the living still makes room', () => {
  const table = new ProcessTable(100);
  for (let number = 1; number <= 300; number++) table.put(number, owner(process.pid));
  expect(table.size).toBeLessThanOrEqual(164);
});
