import { useCallback, useEffect, useMemo, useState } from 'react';
import { withClause } from '../search/filter-text.ts';
import type { ViewState } from './url-state.ts';
import { searchFromView, viewFromSearch } from './url-state.ts';
import type { ViewAccess, ViewChange } from './view-context.ts';

/** The view lives in the page's address, so that a link brings it back and Back undoes a step. */
export function useViewState(): ViewAccess {
  const [view, setView] = useState<ViewState>(() => viewFromSearch(location.search));
  useEffect(() => {
    const restore = (): void => setView(viewFromSearch(location.search));
    addEventListener('popstate', restore);
    return () => removeEventListener('popstate', restore);
  }, []);

  const change = useCallback((wanted: ViewChange, how: 'push' | 'replace' = 'push') => {
    const next = merge(viewFromSearch(location.search), wanted);
    const address = `${location.pathname}${searchFromView(next)}`;
    if (address === `${location.pathname}${location.search}`) return;
    if (how === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    setView(viewFromSearch(location.search));
  }, []);

  const filterBy = useCallback(
    (field: string, value: string | number, exclude: boolean) =>
      change({ query: withClause(viewFromSearch(location.search).query, field, value, exclude) }),
    [change],
  );
  return useMemo(() => ({ view, change, filterBy }), [view, change, filterBy]);
}

function merge(view: ViewState, wanted: ViewChange): ViewState {
  const selected = 'selected' in wanted ? wanted.selected : view.selected;
  return {
    query: wanted.query ?? view.query,
    range: wanted.range ?? view.range,
    live: wanted.live ?? view.live,
    own: wanted.own ?? view.own,
    ...(selected === undefined ? {} : { selected }),
  };
}
