import { escapeControls } from './escape.ts';
import { isObject } from './hit.ts';

/** One observer's account as the collector gives it, with texts that are safe to print. */
export type Account = {
  readonly observer: string;
  readonly signed: boolean;
  readonly mode: string;
  readonly covers: string;
  readonly misses: string;
  readonly sessions: number;
  readonly seen: number;
  readonly delivered: number;
  readonly lost: readonly (readonly [cause: string, count: number])[];
  readonly holes: readonly { readonly session: string; readonly from: number; readonly to: number }[];
  readonly missing: number;
  readonly silences: readonly { readonly from: string; readonly to: string }[];
  readonly silentMs: number;
  readonly clockOffsetMicros: number;
  readonly chainBreaks: number;
  readonly stopped: boolean;
  readonly timeline: readonly { readonly delivered: number; readonly silent: number }[];
};

export type Accounts = { readonly from: string; readonly to: string; readonly observers: readonly Account[] };

type Members = Readonly<Record<string, unknown>>;

function text(of: Members, name: string): string {
  const value = of[name];
  return typeof value === 'string' ? escapeControls(value) : '';
}

function count(of: Members, name: string): number {
  const value = of[name];
  return typeof value === 'number' ? value : 0;
}

function objects(of: Members, name: string): Members[] {
  const value = of[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Reads the answer of `/v1/completeness`; what is missing or of another kind counts as none. */
export function readAccounts(answer: unknown): Accounts {
  const whole = isObject(answer) ? answer : {};
  return { from: text(whole, 'from'), to: text(whole, 'to'), observers: objects(whole, 'observers').map(accountOf) };
}

function accountOf(account: Members): Account {
  const lost = isObject(account['lost']) ? account['lost'] : {};
  return {
    observer: text(account, 'observer'),
    signed: account['signed'] === true,
    mode: text(account, 'mode'),
    covers: text(account, 'covers'),
    misses: text(account, 'misses'),
    sessions: count(account, 'sessions'),
    seen: count(account, 'seen'),
    delivered: count(account, 'delivered'),
    lost: Object.keys(lost).map((cause) => [escapeControls(cause), count(lost, cause)]),
    holes: objects(account, 'holes').map((hole) => {
      return { session: text(hole, 'session'), from: count(hole, 'from'), to: count(hole, 'to') };
    }),
    missing: count(account, 'missing'),
    silences: objects(account, 'silences').map((silence) => ({ from: text(silence, 'from'), to: text(silence, 'to') })),
    silentMs: count(account, 'silent_ms'),
    clockOffsetMicros: count(account, 'clock_offset_max_us'),
    chainBreaks: count(account, 'chain_breaks'),
    stopped: account['stopped'] === true,
    timeline: objects(account, 'timeline').map((slot) => {
      return { delivered: count(slot, 'delivered'), silent: count(slot, 'silent') };
    }),
  };
}
