import { decodeBase64, encodeBase64 } from './base64.ts';
import { canonicalJson } from './canonical-json.ts';
import type { AccessRecord, Labels } from './record.ts';

/**
 * What the ledger says of an observer's signing key: from this record on the observer signs with `key`, or signs no
 * more. Written by the collector as a `config-changed` record of kind `system`.
 */
export type ObserverKeyChange =
  | {
      readonly kind: 'registered';
      readonly observer: string;
      readonly keyId: string;
      /** 32 bytes of an Ed25519 public key. */
      readonly key: Uint8Array;
      /** Id of the key that it takes the place of. */
      readonly replaces?: string;
    }
  | { readonly kind: 'withdrawn'; readonly observer: string; readonly keyId: string };

const REGISTERED = 'observer-key-registered';
const WITHDRAWN = 'observer-key-withdrawn';
const PUBLIC_KEY_BYTES = 32;
/** First line of what is signed when a key is registered, so that the signature can be nothing else. */
const ENROLMENT_DOMAIN = 'portledger-observer-key/v1\n';

/** The bytes that an observer signs with its key to show that it holds it. */
export function observerKeyProofInput(observer: string, publicKey: Uint8Array): Uint8Array {
  return new TextEncoder().encode(ENROLMENT_DOMAIN + canonicalJson({ key: encodeBase64(publicKey), observer }));
}

/** The labels of the record that tells of a key change. `what` stands in the label of that name. */
export function observerKeyLabels(change: ObserverKeyChange): { readonly what: string; readonly labels: Labels } {
  const { observer, keyId } = change;
  if (change.kind === 'withdrawn') return { what: WITHDRAWN, labels: { observer, key_id: keyId } };
  const replaces = change.replaces === undefined ? {} : { replaces: change.replaces };
  return { what: REGISTERED, labels: { observer, key_id: keyId, key: encodeBase64(change.key), ...replaces } };
}

/** The key change that a record tells of; undefined where it is another record, or none that the collector wrote. */
export function observerKeyChange(record: AccessRecord): ObserverKeyChange | undefined {
  const { action, labels, observer_kind: kind } = record;
  if (action !== 'config-changed' || kind !== 'system' || labels === undefined) return undefined;
  const { what, observer, key_id: keyId, key: keyText, replaces } = labels;
  if (observer === undefined || keyId === undefined) return undefined;
  if (what === WITHDRAWN) return { kind: 'withdrawn', observer, keyId };
  const key = keyText === undefined ? undefined : decodeBase64(keyText);
  if (what !== REGISTERED || key?.length !== PUBLIC_KEY_BYTES) return undefined;
  return { kind: 'registered', observer, keyId, key, ...(replaces === undefined ? {} : { replaces }) };
}
