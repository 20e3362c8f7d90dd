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

/** What the witnesses have seen: blocks, when and by whom; and who of them fails, with the reason's code. */
export type WitnessedStatus = {
  readonly witnessed?: { readonly size: number; readonly time: string; readonly by: readonly string[] };
  readonly failing: readonly { readonly name: string; readonly code: string }[];
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
  /** The newest checkpoint that a quorum of the witnesses cosigned; undefined where none are asked. */
  readonly witnesses?: WitnessedStatus;
  readonly observers: readonly ObserverStatus[];
};

export type SessionInfo = { readonly name: string; readonly role: string };

export function readStatus(value: unknown): CollectorStatus {
  const object = readObject(value, 'status');
  const ledger = isObject(object['ledger']) ? object['ledger'] : {};
  const observers: readonly unknown[] = Array.isArray(object['observers']) ? object['observers'] : [];
  const started = readOptionalText(object, 'started');
  const witnesses = isObject(object['witnesses']) ? readWitnesses(object['witnesses']) : undefined;
  return {
    version: readOptionalText(object, 'version') ?? '',
    ...(started === undefined ? {} : { started }),
    origin: readText(object, 'origin'),
    vkey: readText(object, 'vkey').trim(),
    records: readOptionalInteger(ledger, 'records') ?? 0,
    blocks: readOptionalInteger(ledger, 'blocks') ?? 0,
    sealedBlocks: readOptionalInteger(ledger, 'sealed_blocks') ?? 0,
    bytes: readOptionalInteger(ledger, 'bytes') ?? 0,
    ...(witnesses === undefined ? {} : { witnesses }),
    observers: observers.map((item) => readObserver(item)),
  };
}

function readWitnesses(object: Readonly<Record<string, unknown>>): WitnessedStatus {
  const seen = isObject(object['witnessed']) ? object['witnessed'] : undefined;
  const all: readonly unknown[] = Array.isArray(object['witnesses']) ? object['witnesses'] : [];
  const failing = all.filter(isObject).flatMap((witness) => {
    const fault = isObject(witness['fault']) ? witness['fault'] : undefined;
    return fault === undefined ? [] : [{ name: readText(witness, 'name'), code: readText(fault, 'code') }];
  });
  if (seen === undefined) return { failing };
  const by: readonly unknown[] = Array.isArray(seen['by']) ? seen['by'] : [];
  const witnessed = { size: readOptionalInteger(seen, 'size') ?? 0, time: readText(seen, 'time'), by: by.map(String) };
  return { witnessed, failing };
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
