import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { UseInfiniteQueryResult, UseQueryResult, InfiniteData } from '@tanstack/react-query';
import { useServices } from '../page/services.ts';
import { scopeQuery } from '../search/filter-text.ts';
import type { TimeBounds, TimeRange } from '../state/time-range.ts';
import { rangeBounds, rangeText } from '../state/time-range.ts';
import {
  AGGREGATES_INTERVAL_MS,
  HISTOGRAM_BUCKETS_AIM,
  SEAL_POLL_INTERVAL_MS,
  SEARCH_PAGE_ROWS,
  STATUS_INTERVAL_MS,
  TOP_VALUES,
} from '../limits.ts';
import type { HistogramAnswer, TopAnswer } from './aggregates.ts';
import { readHistogramAnswer, readTopAnswer } from './aggregates.ts';
import { withQuery } from './api-client.ts';
import type { RecordAddress, RecordDetail, SearchPage } from './hit.ts';
import { readRecordDetail, readSearchPage } from './hit.ts';
import type { CollectorStatus } from './status.ts';
import { readStatus } from './status.ts';

/** What is asked: the typed query and the stretch of time. */
export type Question = { readonly query: string; readonly range: TimeRange };

/** Newest first. Only the early end of a moving range moves, so paging back never meets a record twice. */
export function useSearch(question: Question): UseInfiniteQueryResult<InfiniteData<SearchPage>> {
  const { client } = useServices();
  return useInfiniteQuery({
    queryKey: ['search', question.query, rangeText(question.range)],
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }) => {
      const { text } = scopeQuery(question.query, question.range);
      const path = withQuery('/v1/search', { q: text, limit: SEARCH_PAGE_ROWS, order: 'desc', cursor: pageParam });
      return readSearchPage(await client.getJson(path, signal));
    },
    getNextPageParam: (last) => last.nextCursor,
  });
}

export type HistogramFigures = {
  readonly answer: HistogramAnswer;
  readonly bounds: TimeBounds;
  readonly askedAtMs: number;
};

export function useHistogram(question: Question, running: boolean): UseQueryResult<HistogramFigures> {
  const { client } = useServices();
  return useQuery({
    queryKey: ['histogram', question.query, rangeText(question.range)],
    queryFn: async ({ signal }): Promise<HistogramFigures> => {
      const askedAtMs = Date.now();
      const bounds = rangeBounds(question.range, askedAtMs);
      const path = withQuery('/v1/histogram', {
        q: question.query.trim(),
        from: isoOf(bounds.fromMs),
        to: isoOf(bounds.toMs ?? (bounds.fromMs === undefined ? undefined : askedAtMs)),
        buckets: HISTOGRAM_BUCKETS_AIM,
      });
      return { answer: readHistogramAnswer(await client.getJson(path, signal)), bounds, askedAtMs };
    },
    placeholderData: keepPreviousData,
    refetchInterval: running ? AGGREGATES_INTERVAL_MS : false,
  });
}

function isoOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

export function useTop(question: Question, field: string, running: boolean): UseQueryResult<TopAnswer> {
  const { client } = useServices();
  return useQuery({
    queryKey: ['top', field, question.query, rangeText(question.range)],
    queryFn: async ({ signal }) => {
      const { text } = scopeQuery(question.query, question.range);
      const path = withQuery('/v1/top', { q: text, field, limit: TOP_VALUES });
      return readTopAnswer(await client.getJson(path, signal));
    },
    placeholderData: keepPreviousData,
    refetchInterval: running ? AGGREGATES_INTERVAL_MS * 2 : false,
  });
}

export function useStatus(): UseQueryResult<CollectorStatus> {
  const { client } = useServices();
  return useQuery({
    queryKey: ['status'],
    queryFn: async ({ signal }) => readStatus(await client.getJson('/v1/status', signal)),
    retry: false,
    refetchInterval: STATUS_INTERVAL_MS,
  });
}

export function useRecord(address: RecordAddress): UseQueryResult<RecordDetail> {
  const { client } = useServices();
  return useQuery({
    queryKey: ['record', address.block, address.position],
    queryFn: async ({ signal }) =>
      readRecordDetail(await client.getJson(`/v1/records/${address.block}/${address.position}`, signal)),
    // A record never changes once it is accepted; only that it is sealed is still to come.
    staleTime: Infinity,
    refetchInterval: ({ state }) => (state.data?.sealed === false ? SEAL_POLL_INTERVAL_MS : false),
  });
}

/** Every record of one connection, both sides, oldest first. */
export function useConnection(connectionId: string | undefined): UseQueryResult<SearchPage> {
  const { client } = useServices();
  return useQuery({
    queryKey: ['connection', connectionId],
    enabled: connectionId !== undefined,
    queryFn: async ({ signal }) => {
      const path = withQuery('/v1/search', { q: `connection_id:"${connectionId ?? ''}"`, limit: 50, order: 'asc' });
      return readSearchPage(await client.getJson(path, signal));
    },
  });
}
