import type { WitnessCounters } from './witness-counters.ts';

/** The largest tree of a log that the witness has cosigned since its start. */
export type LogHead = { readonly origin: string; readonly size: number; readonly cosignedSeconds: number };

const ANSWERS: readonly (readonly [keyof WitnessCounters, string])[] = [
  ['cosigned', 'cosigned'],
  ['conflicts', 'conflict'],
  ['refused', 'refused'],
  ['pushedBack', 'pushed-back'],
  ['failed', 'failed'],
  ['abandoned', 'abandoned'],
];

/** What a witness did, as Prometheus reads it (text format 0.0.4). */
export function witnessMetrics(counters: Readonly<WitnessCounters>, heads: readonly LogHead[]): string {
  return [
    '# HELP portledger_witness_requests_total Requests to cosign, by what came of them.',
    '# TYPE portledger_witness_requests_total counter',
    ...ANSWERS.map(([name, label]) => `portledger_witness_requests_total{answer="${label}"} ${counters[name]}`),
    '# HELP portledger_witness_log_size Size of the latest tree cosigned, by log; logs not heard of since the start are left out.',
    '# TYPE portledger_witness_log_size gauge',
    ...heads.map(({ origin, size }) => `portledger_witness_log_size{origin="${escaped(origin)}"} ${size}`),
    '# HELP portledger_witness_log_cosigned_seconds When that tree was cosigned, in seconds since the epoch.',
    '# TYPE portledger_witness_log_cosigned_seconds gauge',
    ...heads.map(
      ({ origin, cosignedSeconds }) =>
        `portledger_witness_log_cosigned_seconds{origin="${escaped(origin)}"} ${cosignedSeconds}`,
    ),
    '',
  ].join('\n');
}

function escaped(label: string): string {
  return label.replace(/["\\\n]/g, (character) => (character === '\n' ? String.raw`\n` : `\\${character}`));
}
