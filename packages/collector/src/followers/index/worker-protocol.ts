import type { Result } from '@portledger/format';
import type { Query } from '../../query/query.ts';
import type { FollowedChunk } from '../ledger-source.ts';
import type { CoreOptions, CoreStatus } from './index-core.ts';
import type {
  BlockRange,
  Histogram,
  HistogramRequest,
  SearchFault,
  SearchPage,
  SearchRequest,
  TopList,
  TopRequest,
} from './record-index.ts';

/** What the index's thread is started with. */
export type WorkerStart = CoreOptions & {
  /** One cell that becomes 1, and is notified, once the thread has come to rest after `halt`. */
  readonly rest: Int32Array<SharedArrayBuffer>;
};

/** A question to the index's thread, and what answers it. */
export type Calls = {
  readonly search: { readonly request: SearchRequest; readonly answer: Result<SearchPage, SearchFault> };
  readonly top: { readonly request: TopRequest; readonly answer: Result<TopList, SearchFault> };
  readonly histogram: { readonly request: HistogramRequest; readonly answer: Result<Histogram, SearchFault> };
  readonly count: { readonly request: { readonly query: Query }; readonly answer: Result<number, SearchFault> };
  readonly prune: { readonly request: { readonly ranges: readonly BlockRange[] }; readonly answer: number };
  readonly flush: { readonly request: undefined; readonly answer: undefined };
  readonly close: { readonly request: undefined; readonly answer: undefined };
};

export type CallName = keyof Calls;

export type Call = { [N in CallName]: { readonly name: N; readonly request: Calls[N]['request'] } }[CallName];

/** A chunk in memory of its own, which changes hands with it. */
export type FedChunk = FollowedChunk & { readonly lines: Uint8Array<ArrayBuffer> };

export type ToWorker =
  | { readonly type: 'feed'; readonly chunk: FedChunk }
  | { readonly type: 'call'; readonly id: number; readonly call: Call }
  /** The process ends at once: stop all that runs. */
  | { readonly type: 'halt' };

export type FromWorker =
  | { readonly type: 'opened'; readonly status: CoreStatus }
  /** Lines taken in, so that more may be sent; the memory that they came in goes back. */
  | { readonly type: 'fed'; readonly bytes: number; readonly buffers: readonly ArrayBuffer[] }
  | { readonly type: 'status'; readonly status: CoreStatus }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'refused'; readonly id: number; readonly message: string }
  | { readonly type: 'failed'; readonly message: string };
