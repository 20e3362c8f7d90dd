import { expect, test } from 'vitest';
import { checkPin, readPin, replacePin } from './key-pin.ts';
import type { Store } from './stored.ts';

function memoryStore(): Store {
  const held = new Map<string, string>();
  return { get: (key) => held.get(key), set: (key, value) => void held.set(key, value) };
}

test('the first key is pinned, another is a change until the reader takes it', () => {
  const store = memoryStore();
  expect(checkPin(store, 'log+1+A', () => 'day 1')).toEqual({
    kind: 'pinned',
    pin: { vkey: 'log+1+A', firstSeen: 'day 1' },
  });
  expect(checkPin(store, 'log+1+A', () => 'day 2')).toMatchObject({ kind: 'pinned', pin: { firstSeen: 'day 1' } });
  expect(checkPin(store, 'log+2+B', () => 'day 3')).toMatchObject({ kind: 'changed', offered: 'log+2+B' });
  expect(readPin(store)?.vkey).toBe('log+1+A');
  replacePin(store, 'log+2+B', 'day 4');
  expect(checkPin(store, 'log+2+B', () => 'day 5')).toMatchObject({ kind: 'pinned', pin: { firstSeen: 'day 4' } });
});

test('a spoilt pin is no pin', () => {
  const store = memoryStore();
  store.set('pinned-vkey', '{"vkey":7');
  expect(readPin(store)).toBeUndefined();
});
