import type { BatchSpan, Mark } from './batch-span.ts';
import type { FindingCode } from './verify-log.ts';

export type LineFault = { readonly code: FindingCode; readonly line: number; readonly message: string };

/** What a run of lines shows. */
export type LinesCheck = {
  readonly faults: readonly LineFault[];
  /** One a batch; undefined where none of its lines can be read. */
  readonly spans: readonly (BatchSpan | undefined)[];
  readonly marks: readonly Mark[];
};

/** Faults told of one block; the first ones show what happened. */
export const FAULTS_TOLD_MAX = 8;

/** Least and greatest timestamp of a run of lines; undefined where there is none. */
export function timeRange({ spans }: LinesCheck): { readonly first?: string; readonly last?: string } {
  const read = spans.filter((span) => span !== undefined);
  const first = read.map((span) => span.first).sort()[0];
  const last = read
    .map((span) => span.last)
    .sort()
    .at(-1);
  return first === undefined || last === undefined ? {} : { first, last };
}
