import type { AccessRecord } from '@portledger/format';
import { isAccessRecord } from './access-record-guard.ts';
import { ShapeError, readArray, readInteger, readObject, readOptionalText, readText } from './json-reader.ts';

/** Where a record lies in the ledger; never changes. */
export type RecordAddress = { readonly block: number; readonly position: number };

/** One record as search and live tail give it. */
export type Hit = RecordAddress & {
  readonly received: string;
  readonly class: string;
  readonly record: AccessRecord;
};

/** A record with the bytes that are sealed for it. */
export type RecordDetail = Hit & { readonly line: string; readonly sealed: boolean };

export type SearchPage = { readonly hits: readonly Hit[]; readonly nextCursor?: string };

export function addressKey(address: RecordAddress): string {
  return `${address.block}.${address.position}`;
}

export function addressFromKey(key: string): RecordAddress | undefined {
  const match = /^(\d{1,15})\.(\d{1,9})$/.exec(key);
  return match === null ? undefined : { block: Number(match[1]), position: Number(match[2]) };
}

export function readHit(value: unknown): Hit {
  const object = readObject(value, 'hit');
  const record = object['record'];
  if (!isAccessRecord(record)) throw new ShapeError('record: not an access record of a version known here');
  return {
    block: readInteger(object, 'block'),
    position: readInteger(object, 'position'),
    received: readText(object, 'received'),
    class: readText(object, 'class'),
    record,
  };
}

export function readRecordDetail(value: unknown): RecordDetail {
  const object = readObject(value, 'record');
  return { ...readHit(object), line: readText(object, 'line'), sealed: object['sealed'] === true };
}

export function readSearchPage(value: unknown): SearchPage {
  const object = readObject(value, 'search');
  const hits = readArray(object['hits'], 'hits', readHit);
  const nextCursor = readOptionalText(object, 'next_cursor');
  return nextCursor === undefined ? { hits } : { hits, nextCursor };
}
