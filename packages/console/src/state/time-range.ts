/** The stretch of time looked at. `last` moves with the clock, `between` stands still. Times are epoch milliseconds. */
export type TimeRange =
  | { readonly kind: 'last'; readonly span: QuickSpan }
  | { readonly kind: 'all' }
  | { readonly kind: 'between'; readonly fromMs: number; readonly toMs: number };

export type QuickSpan = '15m' | '1h' | '24h' | '7d';

export const QUICK_SPANS: readonly QuickSpan[] = ['15m', '1h', '24h', '7d'];

export const SPAN_MS: Readonly<Record<QuickSpan, number>> = {
  '15m': 15 * 60_000,
  '1h': 3_600_000,
  '24h': 24 * 3_600_000,
  '7d': 7 * 24 * 3_600_000,
};

export const DEFAULT_RANGE: TimeRange = { kind: 'last', span: '1h' };

export type TimeBounds = { readonly fromMs?: number; readonly toMs?: number };

export function rangeBounds(range: TimeRange, nowMs: number): TimeBounds {
  switch (range.kind) {
    case 'last':
      return { fromMs: nowMs - SPAN_MS[range.span] };
    case 'all':
      return {};
    case 'between':
      return { fromMs: range.fromMs, toMs: range.toMs };
    default:
      return range satisfies never;
  }
}

/** The form kept in the page's address: `1h`, `all`, or `2026-11-22T14:00:00.000Z~2026-11-22T15:00:00.000Z`. */
export function rangeText(range: TimeRange): string {
  switch (range.kind) {
    case 'last':
      return range.span;
    case 'all':
      return 'all';
    case 'between':
      return `${new Date(range.fromMs).toISOString()}~${new Date(range.toMs).toISOString()}`;
    default:
      return range satisfies never;
  }
}

/** Undefined when the text names no range. */
export function rangeFromText(text: string): TimeRange | undefined {
  if (text === 'all') return { kind: 'all' };
  const span = QUICK_SPANS.find((quick) => quick === text);
  if (span !== undefined) return { kind: 'last', span };
  const [from, to, ...more] = text.split('~');
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  return betweenRange(Date.parse(from), Date.parse(to));
}

/** A range between two moments in either order; undefined when one is not a time or nothing lies between. */
export function betweenRange(aMs: number, bMs: number): TimeRange | undefined {
  if (!Number.isFinite(aMs) || !Number.isFinite(bMs) || aMs === bMs) return undefined;
  const fromMs = Math.floor(Math.min(aMs, bMs));
  const toMs = Math.ceil(Math.max(aMs, bMs));
  // Years beyond 9999 have no place in a record's timestamp.
  return fromMs < 0 || toMs > 253_402_300_799_999 ? undefined : { kind: 'between', fromMs, toMs };
}

/** Live records belong only to a range that reaches up to now. */
export function reachesNow(range: TimeRange, nowMs: number): boolean {
  return range.kind !== 'between' || range.toMs >= nowMs;
}
