import type { Store } from '../state/stored.ts';
import { SEARCH_HISTORY_MAX } from '../limits.ts';

const HISTORY_KEY = 'search-history';

/** Queries asked before in this browser, latest first. */
export function readHistory(store: Store): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(store.get(HISTORY_KEY) ?? '[]');
    return Array.isArray(parsed) ? parsed.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberQuery(store: Store, query: string): readonly string[] {
  const trimmed = query.trim();
  const before = readHistory(store);
  if (trimmed === '') return before;
  const history = [trimmed, ...before.filter((one) => one !== trimmed)].slice(0, SEARCH_HISTORY_MAX);
  store.set(HISTORY_KEY, JSON.stringify(history));
  return history;
}
