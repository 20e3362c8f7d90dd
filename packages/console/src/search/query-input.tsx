import { useId, useRef, useState } from 'react';
import type { FormEvent, KeyboardEvent, ReactElement } from 'react';
import { Icon } from '../page/icon.tsx';
import { useView } from '../state/view-context.ts';
import { SuggestionList } from './suggestion-list.tsx';
import { useSuggestions } from './use-suggestions.ts';
import type { Suggestions } from './use-suggestions.ts';

type QueryInputProps = { readonly refresh: () => void; readonly faulty: boolean };

/** The filter being typed. It is asked on Enter; the address keeps what was asked. */
export function QueryInput({ refresh, faulty }: QueryInputProps): ReactElement {
  const { view, change } = useView();
  const [draft, setDraft] = useState(view.query);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const suggestions = useSuggestions(draft, setDraft, input);
  // The query can change elsewhere: by a click in the summary, or by going back.
  const [asked, setAsked] = useState(view.query);
  if (asked !== view.query) {
    setAsked(view.query);
    setDraft(view.query);
  }
  const ask = (text: string): void => {
    suggestions.close();
    suggestions.remember(text);
    if (text.trim() === view.query) refresh();
    else change({ query: text.trim() });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    ask(draft);
  };
  return (
    <form className="query" onSubmit={submit} role="presentation">
      <Icon name="search" />
      <input
        id="query"
        ref={input}
        type="text"
        role="combobox"
        aria-label="Filter records"
        aria-autocomplete="list"
        aria-expanded={suggestions.items.length > 0}
        aria-controls={listId}
        aria-activedescendant={suggestions.active < 0 ? undefined : `${listId}-${suggestions.active}`}
        aria-invalid={faulty}
        aria-describedby={faulty ? 'query-fault' : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="dest_port:5432 AND NOT user:billing"
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
          suggestions.look(event.target.value, event.target.selectionStart ?? event.target.value.length);
        }}
        onKeyDown={(event) => onQueryKey(event, suggestions)}
        onBlur={suggestions.close}
      />
      {draft === '' ? (
        <kbd aria-hidden="true">/</kbd>
      ) : (
        <button
          type="button"
          className="mini"
          aria-label="Clear the filter"
          title="Clear the filter"
          onClick={() => {
            setDraft('');
            change({ query: '' });
            input.current?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      )}
      <SuggestionList id={listId} suggestions={suggestions} />
    </form>
  );
}

function onQueryKey(event: KeyboardEvent<HTMLInputElement>, suggestions: Suggestions): void {
  const open = suggestions.items.length > 0;
  switch (event.key) {
    case 'ArrowDown':
    case 'ArrowUp':
      event.preventDefault();
      if (open) suggestions.step(event.key === 'ArrowDown' ? 1 : -1);
      else suggestions.showHistory();
      return;
    case 'Tab':
      if (!open || event.shiftKey) return;
      event.preventDefault();
      suggestions.take(Math.max(0, suggestions.active));
      return;
    case 'Enter':
      if (suggestions.active < 0) return;
      event.preventDefault();
      suggestions.take(suggestions.active);
      return;
    case 'Escape':
      event.preventDefault();
      if (open) suggestions.close();
      else event.currentTarget.blur();
      return;
    default:
  }
}
