import type { SystemObserver } from './doors/system/system-observer.ts';
import { HOLE_CAUSE } from './followers/completeness/completeness-changes.ts';
import type { FoundHole } from './followers/completeness/completeness-follower.ts';

/** Tells of numbers that an observer gave and never sent. Resolves to whether the record is durable. */
export async function recordHole(system: SystemObserver, hole: FoundHole): Promise<boolean> {
  const { observer, session, from, to } = hole;
  const labels = { cause: HOLE_CAUSE, observer, session, from: String(from), to: String(to) };
  const act = { action: 'records-lost', outcome: 'failure', reason: HOLE_CAUSE, count: to - from, labels } as const;
  return (await system.write([act])).ok;
}
