import type { Store } from './stored.ts';
import { isObject } from '../api/json-reader.ts';

/** The log's verifier key as first seen by this browser. Trust on first use, like a known host's key. */
export type KeyPin = { readonly vkey: string; readonly firstSeen: string };

export type PinState =
  | { readonly kind: 'pinned'; readonly pin: KeyPin }
  /** The collector now shows another key than the one pinned. */
  | { readonly kind: 'changed'; readonly pin: KeyPin; readonly offered: string };

const PIN_KEY = 'pinned-vkey';

export function readPin(store: Store): KeyPin | undefined {
  const text = store.get(PIN_KEY);
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isObject(parsed)) return undefined;
    const { vkey, firstSeen } = parsed;
    return typeof vkey === 'string' && typeof firstSeen === 'string' ? { vkey, firstSeen } : undefined;
  } catch {
    return undefined;
  }
}

/** Compares the key offered with the one pinned, and pins it when there is none. */
export function checkPin(store: Store, offered: string, now: () => string): PinState {
  const held = readPin(store);
  if (held !== undefined && held.vkey !== offered) return { kind: 'changed', pin: held, offered };
  return { kind: 'pinned', pin: held ?? replacePin(store, offered, now()) };
}

/** The reader's own decision to trust another key from now on. */
export function replacePin(store: Store, vkey: string, now: string): KeyPin {
  const pin = { vkey, firstSeen: now };
  store.set(PIN_KEY, JSON.stringify(pin));
  return pin;
}
