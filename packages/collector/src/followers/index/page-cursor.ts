import { PAGE_CURSOR_LENGTH_MAX } from './limits.ts';

/** The sort key of the last hit of a page. Event time in epoch microseconds. */
export type SortKey = { readonly micros: number; readonly block: number; readonly position: number };

export type SortOrder = 'asc' | 'desc';

/** An opaque text for the place after a hit: its sort key and the order it was read in. */
export function formatPageCursor(key: SortKey, order: SortOrder): string {
  return Buffer.from(`1 ${order} ${key.micros} ${key.block} ${key.position}`).toString('base64url');
}

/** Undefined unless the text is just what `formatPageCursor` gives for this order. */
export function parsePageCursor(text: string, order: SortOrder): SortKey | undefined {
  if (text.length > PAGE_CURSOR_LENGTH_MAX || !/^[\w-]+$/.test(text)) return undefined;
  const match = /^1 (asc|desc) (\d{1,16}) (\d{1,16}) (\d{1,16})$/.exec(
    Buffer.from(text, 'base64url').toString('latin1'),
  );
  if (match === null || match[1] !== order) return undefined;
  const key = { micros: Number(match[2]), block: Number(match[3]), position: Number(match[4]) };
  // One text for one place: leading zeros and stray bits of the last character are refused.
  return formatPageCursor(key, order) === text ? key : undefined;
}
