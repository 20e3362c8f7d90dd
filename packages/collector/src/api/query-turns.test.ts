import { expect, test } from 'vitest';
import { QUERIES_OF_ONE_MAX, QUERIES_OF_ONE_WAITING_MAX } from '../limits.ts';
import { QueryTurns } from './query-turns.ts';

test('one principal holds up only itself, in order, and a bounded number of its queries wait', async () => {
  const turns = new QueryTurns();
  const gates: PromiseWithResolvers<void>[] = [];
  const done: number[] = [];
  const ask = (name: string, number: number) =>
    turns.run(name, async () => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      done.push(number);
      return { ok: true, value: number };
    });
  const total = QUERIES_OF_ONE_MAX + QUERIES_OF_ONE_WAITING_MAX;
  const asked = Array.from({ length: total }, (_, number) => ask('greedy', number));
  expect(gates).toHaveLength(QUERIES_OF_ONE_MAX);
  expect(await ask('greedy', total)).toMatchObject({ ok: false, fault: { code: 'busy' } });
  const other = ask('other', -1);
  expect(gates).toHaveLength(QUERIES_OF_ONE_MAX + 1);
  gates.at(-1)?.resolve();
  expect(await other).toEqual({ ok: true, value: -1 });
  while (done.length < total + 1) {
    for (const gate of gates) gate.resolve();
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), Promise.all(asked)]);
  }
  expect(done.slice(1)).toEqual(Array.from({ length: total }, (_, number) => number));
});

test('a query that throws gives its place up', async () => {
  const turns = new QueryTurns();
  for (let round = 0; round < 5; round += 1)
    await expect(turns.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await turns.run('a', async () => ({ ok: true, value: 1 }))).toEqual({ ok: true, value: 1 });
});
