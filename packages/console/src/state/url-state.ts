import type { RecordAddress } from '../api/hit.ts';
import { addressFromKey, addressKey } from '../api/hit.ts';
import { DEFAULT_RANGE, rangeFromText, rangeText } from './time-range.ts';
import type { TimeRange } from './time-range.ts';

/** What a shared link must bring back: the question asked and the record looked at. */
export type ViewState = {
  readonly query: string;
  readonly range: TimeRange;
  readonly live: boolean;
  /** Whether what Portledger records of itself is shown among the accesses. */
  readonly own: boolean;
  readonly selected?: RecordAddress;
};

/** Reads `?q=…&range=…&live=0&own=1&record=block.position`; what is missing or malformed falls back to its default. */
export function viewFromSearch(search: string): ViewState {
  const values = new URLSearchParams(search);
  const range = rangeFromText(values.get('range') ?? '') ?? DEFAULT_RANGE;
  const selected = addressFromKey(values.get('record') ?? '');
  const live = values.get('live') !== '0' && range.kind !== 'between';
  return {
    query: values.get('q') ?? '',
    range,
    live,
    own: values.get('own') === '1',
    ...(selected === undefined ? {} : { selected }),
  };
}

/** The shortest address that brings the view back; defaults are left out. */
export function searchFromView(view: ViewState): string {
  const values = new URLSearchParams();
  if (view.query !== '') values.set('q', view.query);
  if (rangeText(view.range) !== rangeText(DEFAULT_RANGE)) values.set('range', rangeText(view.range));
  if (!view.live && view.range.kind !== 'between') values.set('live', '0');
  if (view.own) values.set('own', '1');
  if (view.selected !== undefined) values.set('record', addressKey(view.selected));
  const text = values.toString();
  return text === '' ? '' : `?${text}`;
}

/** The one-time code of a sign-in link, from the address's fragment. */
export function signInCodeFromHash(hash: string): string | undefined {
  const code = new URLSearchParams(hash.replace(/^#/, '')).get('signin');
  return code === null || code === '' ? undefined : code;
}

/** What a person pasted: the whole link, a code or an API token. */
export type PastedCredential =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'token'; readonly token: string };

export function readPastedCredential(text: string): PastedCredential | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (trimmed.startsWith('plt_')) return { kind: 'token', token: trimmed };
  const hashAt = trimmed.indexOf('#');
  const code = hashAt < 0 ? trimmed : signInCodeFromHash(trimmed.slice(hashAt));
  return code === undefined ? undefined : { kind: 'code', code };
}
