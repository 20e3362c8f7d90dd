import {
  canonicalLine,
  LABEL_VALUE_BYTES_MAX,
  timestampFromMicros,
  type AccessRecord,
  type Action,
} from '@portledger/format';
import { boundedText } from '../shaping/line-text.ts';

export type CoverageAction = Extract<Action, 'capture-started' | 'capture-stopped' | 'heartbeat' | 'records-lost'>;

export type CoverageFacts = {
  readonly action: CoverageAction;
  readonly nowMicros: number;
  readonly reason?: string;
  readonly count?: number;
  readonly windowMicros?: number;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
};

export type CoverageStream = { readonly observer: string; readonly session: string; readonly sourceFormat: string };

/** Writes the agent's records about its own capture; they stand in the same stream, so their place tells what they cover. */
export function coverageLine(stream: CoverageStream, facts: CoverageFacts): (seq: number) => string {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(facts.labels)) {
    const text = value === undefined ? undefined : boundedText(String(value), LABEL_VALUE_BYTES_MAX);
    if (text !== undefined) labels[name] = text;
  }
  const record: Omit<AccessRecord, 'seq'> = {
    v: 1,
    timestamp: timestampFromMicros(facts.nowMicros),
    action: facts.action,
    outcome: facts.action === 'records-lost' ? 'failure' : 'success',
    ...(facts.reason === undefined ? {} : { reason: facts.reason }),
    ...(facts.count === undefined ? {} : { count: facts.count }),
    ...(facts.windowMicros === undefined ? {} : { window_us: facts.windowMicros }),
    observer: stream.observer,
    observer_kind: 'agent',
    session: stream.session,
    source_format: stream.sourceFormat,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
  return (seq) => canonicalLine({ ...record, seq });
}
