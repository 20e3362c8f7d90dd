import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Anchors } from '../anchors/open-anchors.ts';

/** What the witnesses have seen and an authority has stamped; without any the series stay empty. */
export function anchorMetrics(registry: Registry, { witnesses, timestamps }: Anchors): void {
  const size = new Gauge({
    name: 'portledger_witness_cosigned_blocks',
    help: 'Blocks under the checkpoint that a witness cosigned last.',
    labelNames: ['witness'],
    registers: [registry],
    collect() {
      size.reset();
      for (const { witness, cosigned } of witnesses?.states ?? [])
        if (cosigned !== undefined) size.set({ witness: witness.name }, cosigned.size);
    },
  });
  const time = new Gauge({
    name: 'portledger_witness_cosigned_timestamp_seconds',
    help: 'When that was, in seconds since the epoch.',
    labelNames: ['witness'],
    registers: [registry],
    collect() {
      time.reset();
      for (const { witness, cosigned } of witnesses?.states ?? [])
        if (cosigned !== undefined) time.set({ witness: witness.name }, cosigned.timeSeconds);
    },
  });
  const failures = new Counter({
    name: 'portledger_witness_failures_total',
    help: 'Requests that gave no cosignature, by reason; ahead, forked and bad-proof put the ledger in doubt.',
    labelNames: ['witness', 'reason'],
    registers: [registry],
    collect() {
      failures.reset();
      for (const state of witnesses?.states ?? [])
        for (const [reason, count] of state.failures) failures.inc({ witness: state.witness.name, reason }, count);
    },
  });
  const stamped = new Gauge({
    name: 'portledger_timestamped_blocks',
    help: 'Blocks under the checkpoint that was stamped last since the start.',
    registers: [registry],
    collect() {
      stamped.set(timestamps?.last?.size ?? 0);
    },
  });
  const stampFailures = new Counter({
    name: 'portledger_timestamp_failures_total',
    help: 'Requests that gave no time stamp, by reason.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      stampFailures.reset();
      for (const [reason, count] of timestamps?.failures ?? []) stampFailures.inc({ reason }, count);
    },
  });
  const quorum = new Gauge({
    name: 'portledger_witnessed_blocks',
    help: 'Blocks under the newest checkpoint that a quorum of the policy cosigned.',
    registers: [registry],
    collect() {
      quorum.set(witnesses?.notes.trusted?.size ?? 0);
    },
  });
}
