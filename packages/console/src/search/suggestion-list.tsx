import type { ReactElement } from 'react';
import type { Suggestions } from './use-suggestions.ts';

type SuggestionListProps = { readonly id: string; readonly suggestions: Suggestions };

export function SuggestionList({ id, suggestions }: SuggestionListProps): ReactElement {
  const { items, active, kind, take } = suggestions;
  return (
    <div
      id={id}
      role="listbox"
      aria-label={kind === 'history' ? 'Earlier filters' : 'Suggestions'}
      className="suggestions"
      hidden={items.length === 0}
    >
      {items.map((item, at) => (
        <div
          key={item.text}
          id={`${id}-${at}`}
          role="option"
          aria-selected={at === active}
          className={at === active ? 'suggestion active' : 'suggestion'}
          // Before the input loses its focus, which would close the list.
          onMouseDown={(event) => {
            event.preventDefault();
            take(at);
          }}
        >
          <code>{item.text}</code>
          <span>{item.description}</span>
        </div>
      ))}
    </div>
  );
}
