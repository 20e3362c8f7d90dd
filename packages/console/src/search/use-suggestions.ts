import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import type { RefObject } from 'react';
import { flushSync } from 'react-dom';
import type { TopAnswer } from '../api/aggregates.ts';
import { useServices } from '../page/services.ts';
import { SUGGESTIONS_MAX } from '../limits.ts';
import { readHistory, rememberQuery } from './search-history.ts';
import type { Suggestion } from './suggestions.ts';
import { acceptSuggestion, suggest } from './suggestions.ts';

export type Suggestions = {
  readonly kind: 'words' | 'history';
  readonly items: readonly Suggestion[];
  /** -1 when none is chosen. */
  readonly active: number;
  readonly look: (query: string, caret: number) => void;
  readonly showHistory: () => void;
  readonly step: (by: number) => void;
  readonly take: (at: number) => void;
  readonly remember: (query: string) => void;
  readonly close: () => void;
};

type Shown = { readonly kind: 'words' | 'history'; readonly items: readonly Suggestion[]; readonly active: number };
const NOTHING: Shown = { kind: 'words', items: [], active: -1 };

export function useSuggestions(
  draft: string,
  setDraft: (draft: string) => void,
  input: RefObject<HTMLInputElement | null>,
): Suggestions {
  const { store } = useServices();
  const queries = useQueryClient();
  const [shown, setShown] = useState<Shown>(NOTHING);
  const close = useCallback(() => setShown(NOTHING), []);

  /** The summary's lists, whatever they were asked for, know values worth suggesting. */
  const seen = (field: string): readonly string[] =>
    queries
      .getQueriesData<TopAnswer>({ queryKey: ['top', field] })
      .flatMap(([, answer]) => answer?.buckets.map((bucket) => bucket.value) ?? []);

  const look = (query: string, caret: number): void =>
    setShown({ kind: 'words', items: suggest(query, caret, seen), active: -1 });

  const take = (at: number): void => {
    const item = shown.items[at];
    const element = input.current;
    if (item === undefined || element === null) return;
    if (shown.kind === 'history') {
      setDraft(item.text);
      close();
      return;
    }
    const accepted = acceptSuggestion(draft, element.selectionStart ?? draft.length, item.text);
    // The caret can be placed only once the input holds the new text.
    flushSync(() => setDraft(accepted.query));
    element.setSelectionRange(accepted.caret, accepted.caret);
    look(accepted.query, accepted.caret);
  };

  return {
    ...shown,
    look,
    take,
    close,
    showHistory: () => {
      const items = readHistory(store).slice(0, SUGGESTIONS_MAX);
      setShown({ kind: 'history', items: items.map((text) => ({ text, description: '' })), active: -1 });
    },
    step: (by) =>
      setShown((held) => ({
        ...held,
        active: (held.active + by + held.items.length + (held.active < 0 && by < 0 ? 1 : 0)) % held.items.length,
      })),
    remember: (query) => {
      rememberQuery(store, query);
    },
  };
}
