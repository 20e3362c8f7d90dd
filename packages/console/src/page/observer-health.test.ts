import { expect, test } from 'vitest';
import type { CollectorStatus, ObserverStatus } from '../api/status.ts';
import { observerHealth, summariseObservers } from './observer-health.ts';

const agent = (over: Partial<ObserverStatus> = {}): ObserverStatus => ({
  observer: 'db-1',
  kind: 'agent',
  mode: 'ebpf',
  lost: 0,
  silent: false,
  stopped: false,
  ...over,
});
const status = (...observers: readonly ObserverStatus[]): CollectorStatus => ({
  version: '0.1.0',
  origin: 'log.example',
  vkey: '',
  records: 0,
  blocks: 0,
  sealedBlocks: 0,
  bytes: 0,
  observers,
});

test('silence weighs more than loss', () => {
  expect(observerHealth(agent())).toBe('healthy');
  expect(observerHealth(agent({ lost: 3 }))).toBe('lossy');
  expect(observerHealth(agent({ lost: 3, silent: true }))).toBe('silent');
  expect(observerHealth(agent({ stopped: true }))).toBe('stopped');
});

test('the summary tells the worst of the agents that run', () => {
  expect(summariseObservers(status())).toEqual({ health: 'none', text: 'no agent runs' });
  expect(summariseObservers(status(agent({ stopped: true })))).toMatchObject({ health: 'none' });
  expect(summariseObservers(status(agent(), agent({ kind: 'import' })))).toEqual({
    health: 'healthy',
    text: '1 agent · eBPF',
  });
  expect(summariseObservers(status(agent(), agent({ mode: 'sock-diag', lost: 1 })))).toEqual({
    health: 'lossy',
    text: '2 agents · eBPF, sock_diag polling · records lost',
  });
  expect(summariseObservers(status(agent(), agent({ silent: true }))).text).toBe('1 of 2 agents silent');
});
