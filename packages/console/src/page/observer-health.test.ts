import { expect, test } from 'vitest';
import type { CollectorStatus, ObserverStatus } from '../api/status.ts';
import { observerHealth, summariseObservers } from './observer-health.ts';

const NOW = Date.parse('2026-11-22T14:00:00Z');
const agent = (over: Partial<ObserverStatus> = {}): ObserverStatus => ({
  observer: 'db-1',
  kind: 'agent',
  mode: 'ebpf',
  lastSeen: '2026-11-22T13:59:50Z',
  lost: 0,
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

test('an agent that missed three heartbeats is silent, an import never is', () => {
  expect(observerHealth(agent(), NOW)).toBe('healthy');
  expect(observerHealth(agent({ lastSeen: '2026-11-22T13:59:15Z' }), NOW)).toBe('silent');
  expect(observerHealth(agent({ lastSeen: 'never' }), NOW)).toBe('silent');
  expect(observerHealth(agent({ kind: 'import', lastSeen: '2020-01-01T00:00:00Z' }), NOW)).toBe('healthy');
  expect(observerHealth(agent({ lost: 3 }), NOW)).toBe('lossy');
});

test('the summary tells the worst', () => {
  expect(summariseObservers(status(), NOW)).toEqual({ health: 'none', text: 'no agent' });
  expect(summariseObservers(status(agent()), NOW)).toEqual({ health: 'healthy', text: '1 agent · eBPF' });
  expect(summariseObservers(status(agent(), agent({ mode: 'sock-diag', lost: 1 })), NOW)).toEqual({
    health: 'lossy',
    text: '2 agents · eBPF, sock_diag polling · records lost',
  });
  expect(summariseObservers(status(agent(), agent({ lastSeen: 'x' })), NOW).text).toBe('1 of 2 agents silent');
});
