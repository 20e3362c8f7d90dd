import { parseLine } from '@portledger/format';
import type { Chunk, Ledger } from '../ledger/ledger-shapes.ts';
import type { Hit } from '../query/hit.ts';
import { toPredicate } from '../query/query-predicate.ts';
import type { Query } from '../query/query.ts';

export type TailEvent =
  | { readonly kind: 'hit'; readonly hit: Hit }
  | { readonly kind: 'dropped'; readonly count: number };

/** Records as they become durable, as long as someone wants them. */
export interface LiveTail {
  subscribe(query: Query, signal: AbortSignal): AsyncIterable<TailEvent>;
}

const DECODER = new TextDecoder();

function* hitsOf(chunk: Chunk): Generator<Hit> {
  let batch = 0;
  for (let index = 0; index < chunk.count; index += 1) {
    const position = chunk.position + index;
    while ((chunk.batches[batch + 1]?.position ?? Number.POSITIVE_INFINITY) <= position) batch += 1;
    const start = index === 0 ? 0 : (chunk.lineEnds[index - 1] ?? 0);
    const parsed = parseLine(DECODER.decode(chunk.lines.subarray(start, (chunk.lineEnds[index] ?? 1) - 1)));
    if (!parsed.ok) throw new Error(`the ledger holds a line at ${chunk.block}/${position} that is not canonical`);
    const received = chunk.batches[batch]?.received ?? '';
    yield { block: chunk.block, position, received, class: chunk.class, record: parsed.value };
  }
}

/** A tail that reads the ledger anew for each subscriber. */
export function tailOf(ledger: Ledger): LiveTail {
  return {
    async *subscribe(query, signal) {
      const matches = toPredicate(query);
      for await (const chunk of ledger.follow(ledger.head().durable, signal)) {
        for (const hit of hitsOf(chunk)) if (matches(hit)) yield { kind: 'hit', hit };
      }
    },
  };
}
