import { isObject, readObject, readOptionalInteger, readOptionalText, readText } from './json-reader.ts';

export type ObserverStatus = {
  readonly observer: string;
  readonly kind: string;
  readonly mode: string;
  readonly lastSeen?: string;
  readonly lost: number;
  /** An agent whose heartbeats have stopped coming, though it did not say that it stops. */
  readonly silent: boolean;
  readonly stopped: boolean;
};

export type CollectorStatus = {
  readonly version: string;
  readonly started?: string;
  readonly origin: string;
  readonly vkey: string;
  readonly records: number;
  readonly blocks: number;
  readonly sealedBlocks: number;
  readonly bytes: number;
  readonly observers: readonly ObserverStatus[];
};

export type SessionInfo = { readonly name: string; readonly role: string };

export function readStatus(value: unknown): CollectorStatus {
  const object = readObject(value, 'status');
  const ledger = isObject(object['ledger']) ? object['ledger'] : {};
  const observers: readonly unknown[] = Array.isArray(object['observers']) ? object['observers'] : [];
  const started = readOptionalText(object, 'started');
  return {
    version: readOptionalText(object, 'version') ?? '',
    ...(started === undefined ? {} : { started }),
    origin: readText(object, 'origin'),
    vkey: readText(object, 'vkey').trim(),
    records: readOptionalInteger(ledger, 'records') ?? 0,
    blocks: readOptionalInteger(ledger, 'blocks') ?? 0,
    sealedBlocks: readOptionalInteger(ledger, 'sealed_blocks') ?? 0,
    bytes: readOptionalInteger(ledger, 'bytes') ?? 0,
    observers: observers.map((item) => readObserver(item)),
  };
}

function readObserver(item: unknown): ObserverStatus {
  const object = readObject(item, 'observer');
  const lastSeen = readOptionalText(object, 'last_seen');
  return {
    observer: readText(object, 'observer'),
    kind: readOptionalText(object, 'kind') ?? 'unknown',
    mode: readOptionalText(object, 'mode') ?? '',
    ...(lastSeen === undefined ? {} : { lastSeen }),
    lost: readOptionalInteger(object, 'lost') ?? 0,
    silent: object['silent'] === true,
    stopped: object['stopped'] === true,
  };
}

export function readSession(value: unknown): SessionInfo {
  const object = readObject(value, 'session');
  return { name: readText(object, 'name'), role: readText(object, 'role') };
}
