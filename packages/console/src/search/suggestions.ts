import { FIELDS } from '@portledger/format';
import { SUGGESTIONS_MAX } from '../limits.ts';

export type Suggestion = {
  /** Shown, and put in place of the word being typed. */
  readonly text: string;
  readonly description: string;
};

/** Names the filter language has beside the record's own. */
const MORE_FIELDS: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'ip', description: 'Address of either side.' },
  { name: 'port', description: 'Port of either side.' },
  { name: 'host', description: 'Host name of either side.' },
  { name: 'received', description: 'When the collector accepted it.' },
  { name: 'class', description: 'Retention class of its block.' },
  { name: 'block', description: 'Number of its block in the ledger.' },
];

/** The word under the caret: from `start` to the caret, and, past a colon, the field it is a value of. */
export type TypedWord = { readonly start: number; readonly field?: string; readonly prefix: string };

export function wordAt(query: string, caret: number): TypedWord | undefined {
  const before = query.slice(0, caret);
  if (insideQuotes(before)) return undefined;
  const start = Math.max(...[' ', '(', ')', '[', '\t'].map((sign) => before.lastIndexOf(sign))) + 1;
  const word = before.slice(start);
  const bare = word.replace(/^[-+!]/, '');
  const colon = bare.indexOf(':');
  const skipped = word.length - bare.length;
  if (colon < 0) return { start: start + skipped, prefix: bare };
  return { start: start + skipped + colon + 1, field: bare.slice(0, colon), prefix: bare.slice(colon + 1) };
}

/** Values seen lately for a field, from the summary lists. */
export type SeenValues = (field: string) => readonly string[];

/** Names of fields, or values of an enumerated or summarised field, that go on from what is typed. */
export function suggest(query: string, caret: number, seen: SeenValues): readonly Suggestion[] {
  const word = wordAt(query, caret);
  if (word === undefined) return [];
  const wanted = word.prefix.toLowerCase();
  if (word.field !== undefined) return suggestValues(word.field, wanted, seen);
  if (wanted === '') return [];
  const named = [...FIELDS, ...MORE_FIELDS];
  const starting = named.filter((field) => field.name.startsWith(wanted));
  const holding = named.filter((field) => !field.name.startsWith(wanted) && field.name.includes(wanted));
  return [...starting, ...holding]
    .slice(0, SUGGESTIONS_MAX)
    .map((field) => ({ text: `${field.name}:`, description: field.description }));
}

function suggestValues(name: string, wanted: string, seen: SeenValues): readonly Suggestion[] {
  const field = FIELDS.find((candidate) => candidate.name === name);
  const listed = field?.kind === 'enum' ? field.values : [];
  const values = new Set([...seen(name), ...listed]);
  return [...values]
    .filter((value) => value.toLowerCase().startsWith(wanted) && value !== wanted)
    .slice(0, SUGGESTIONS_MAX)
    .map((value) => ({ text: value, description: '' }));
}

function insideQuotes(text: string): boolean {
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') quoted = !quoted;
  }
  return quoted;
}

/** Puts a suggestion in place of the typed word. */
export function acceptSuggestion(
  query: string,
  caret: number,
  suggestion: string,
): { readonly query: string; readonly caret: number } {
  const word = wordAt(query, caret);
  const start = word?.start ?? caret;
  const space = suggestion.endsWith(':') || query.slice(caret).startsWith(' ') ? '' : ' ';
  return {
    query: query.slice(0, start) + suggestion + space + query.slice(caret),
    caret: start + suggestion.length + space.length,
  };
}
