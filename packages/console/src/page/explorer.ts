import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useHistogram, useSearch } from '../api/queries.ts';
import type { Question } from '../api/queries.ts';
import { withoutOwnRecords } from '../search/filter-text.ts';
import { reachesNow } from '../state/time-range.ts';
import { useView } from '../state/view-context.ts';
import { joinRows } from '../table/tail-buffer.ts';
import { useRowCursor } from '../table/use-row-cursor.ts';
import type { RowCursor } from '../table/use-row-cursor.ts';
import { useTail } from '../table/use-tail.ts';
import type { Tail } from '../table/use-tail.ts';

/** Everything the page knows of the question asked: what search found, what the tail brought, where the reader is. */
export type Explorer = {
  readonly question: Question;
  readonly live: boolean;
  readonly search: ReturnType<typeof useSearch>;
  readonly histogram: ReturnType<typeof useHistogram>;
  readonly tail: Tail;
  readonly rows: ReturnType<typeof joinRows>;
  readonly cursor: RowCursor;
  readonly refresh: () => void;
};

export function useExplorer(): Explorer {
  const { view } = useView();
  const queries = useQueryClient();
  const { range } = view;
  const query = view.own ? view.query.trim() : withoutOwnRecords(view.query.trim()).text;
  const question = useMemo((): Question => ({ query, range }), [query, range]);
  const search = useSearch(question);
  const [startedMs] = useState(() => Date.now());
  const live = view.live && reachesNow(range, startedMs);
  const histogram = useHistogram(question, live);
  const { refetch } = search;
  const tail = useTail(query, live, useRefetchSoon(refetch));
  const { reset, phase } = tail;
  useEffect(() => {
    // The stream is the first to notice that the collector went away or came back; the rest need not wait for their turn.
    if (phase.kind !== 'open' && phase.kind !== 'waiting') return;
    for (const kind of ['status', 'seen-tree']) void queries.invalidateQueries({ queryKey: [kind] });
  }, [phase.kind, queries]);
  const found = useMemo(() => search.data?.pages.flatMap((page) => page.hits) ?? [], [search.data]);
  const rows = useMemo(() => joinRows(tail.buffer, found), [tail.buffer, found]);
  const cursor = useRowCursor(rows);
  const refresh = useCallback(() => {
    reset();
    for (const kind of ['search', 'histogram', 'top']) void queries.invalidateQueries({ queryKey: [kind] });
  }, [reset, queries]);
  return { question, live, search, histogram, tail, rows, cursor, refresh };
}

/** What is durable may be a moment from being searchable, so search is asked once more shortly after. */
function useRefetchSoon(refetch: () => Promise<unknown>): () => void {
  return useCallback(() => {
    void refetch();
    setTimeout(() => void refetch(), 1_500);
  }, [refetch]);
}
