import type { CollectorStatus, ObserverStatus } from '../api/status.ts';

export type ObserverHealth = 'healthy' | 'lossy' | 'silent' | 'stopped';

export function observerHealth(observer: ObserverStatus): ObserverHealth {
  if (observer.stopped) return 'stopped';
  if (observer.silent) return 'silent';
  return observer.lost > 0 ? 'lossy' : 'healthy';
}

const MODE_NAMES: ReadonlyMap<string, string> = new Map([
  ['ebpf', 'eBPF'],
  ['sock-diag', 'sock_diag polling'],
  ['none', 'no capture'],
]);

export function modeName(mode: string): string {
  return MODE_NAMES.get(mode) ?? mode;
}

export type HealthSummary = { readonly health: ObserverHealth | 'none'; readonly text: string };

/** One line for the top bar: the worst news first. */
export function summariseObservers(status: CollectorStatus): HealthSummary {
  const agents = status.observers.filter((observer) => observer.kind === 'agent' && !observer.stopped);
  if (agents.length === 0) return { health: 'none', text: 'no agent runs' };
  const healths = agents.map((agent) => observerHealth(agent));
  const silent = healths.filter((health) => health === 'silent').length;
  const lossy = healths.filter((health) => health === 'lossy').length;
  const modes = [...new Set(agents.map((agent) => modeName(agent.mode)).filter((mode) => mode !== ''))].join(', ');
  const count = `${agents.length} ${agents.length === 1 ? 'agent' : 'agents'}`;
  const text = modes === '' ? count : `${count} · ${modes}`;
  if (silent > 0) return { health: 'silent', text: `${silent} of ${count} silent` };
  if (lossy > 0) return { health: 'lossy', text: `${text} · records lost` };
  return { health: 'healthy', text };
}
