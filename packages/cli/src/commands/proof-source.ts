import path from 'node:path';
import { fail, ok, readRecordSetProof } from '@portledger/format';
import type { AddressRange, ProveRecords, ReceiptFault, Result, StreamRange } from '@portledger/format';
import type { ApiClient } from '../connection/api-client.ts';
import { failureOfFault } from '../connection/api-fault.ts';
import { findCollector } from '../connection/collector-target.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure, messageOf, systemCodeOf } from '../failure.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { PAGE_RECORDS } from '../limits.ts';
import { isObject } from '../output/hit.ts';
import { searchPage } from './search.ts';

/** Where proofs come from, and the key that is found there. */
export type ProofSource = {
  readonly where: string;
  readonly vkey: string;
  readonly prove: ProveRecords;
  /** Where records of a stream stand that the ledger held when a receipt was given, at the time `received`. */
  readonly locate: (range: StreamRange, received: string) => Promise<Result<readonly AddressRange[], ReceiptFault>>;
};

/** A data folder, which is only read. */
export async function folderSource(dataDir: string): Promise<ProofSource> {
  const { locateRecords, readPublishedLog } = await import('@portledger/collector');
  let log: ReturnType<typeof readPublishedLog>;
  try {
    log = readPublishedLog(path.join(dataDir, 'ledger'));
  } catch (error) {
    if (systemCodeOf(error) !== 'EACCES') throw error;
    throw new Failure(EXIT.notPermitted, messageOf(error), 'run it as the user that owns the data folder (sudo)');
  }
  if (log === undefined) {
    throw new Failure(EXIT.usage, `there is no ledger in ${dataDir}`, 'name the folder that holds one with --data DIR');
  }
  return {
    where: dataDir,
    vkey: log.head().vkey,
    prove: async (places) => {
      const set = await log.proveSet(places);
      if (set.ok) return set;
      const { code, message } = set.fault;
      if (code === 'too-many') throw new Error(message);
      return fail({ code, message });
    },
    locate: async (range, received) => locateRecords(log, range, received),
  };
}

/** A running collector, by its API alone. */
export async function serverSource(invocation: Invocation, given: GivenOptions): Promise<ProofSource> {
  const target = await findCollector(invocation, given);
  if (target.kind === 'stopped') throw new Error('a server that was named is running');
  const status = await target.client.json('/v1/status', { signal: invocation.stop });
  const vkey = isObject(status) && typeof status['vkey'] === 'string' ? status['vkey'] : '';
  return {
    where: target.client.url,
    vkey,
    prove: (places) => askFor(target.client, places, invocation.stop),
    locate: (range) => searchFor(target.client, range, invocation.stop),
  };
}

async function askFor(
  client: ApiClient,
  addresses: Parameters<ProveRecords>[0],
  signal: AbortSignal,
): ReturnType<ProveRecords> {
  const request = { method: 'POST', body: JSON.stringify({ addresses }), contentType: 'application/json' } as const;
  const answer = await client.attempt('/v1/proofs', { ...request, signal });
  if (answer.ok) {
    const set = readRecordSetProof(answer.value);
    return set.ok ? ok(set.value) : fail({ code: 'not-proven', message: set.fault.message });
  }
  const { code, message } = answer.fault;
  if (code === 'not-sealed' || code === 'pruned') return fail({ code, message });
  if (code === 'record-not-found') return fail({ code: 'not-found', message });
  throw failureOfFault(answer.fault);
}

/** Asks the index, a page of numbers at a time. What it says is not believed: the records are proven, and compared. */
async function searchFor(
  client: ApiClient,
  range: StreamRange,
  signal: AbortSignal,
): Promise<Result<readonly AddressRange[], ReceiptFault>> {
  const { observer, session, firstSeq, count } = range;
  const found: AddressRange[] = [];
  const end = firstSeq + count;
  for (let first = firstSeq; first < end; first += PAGE_RECORDS) {
    const last = Math.min(end, first + PAGE_RECORDS) - 1;
    const query = `observer:${JSON.stringify(observer)} AND session:${JSON.stringify(session)} AND seq:[${first} TO ${last}]`;
    const { hits } = await searchPage(client, { query, order: 'asc' }, PAGE_RECORDS, undefined, signal);
    const byNumber = new Map(hits.map((hit) => [hit.record['seq'], hit]));
    for (let seq = first; seq <= last; seq += 1) {
      const hit = byNumber.get(seq);
      if (hit === undefined) {
        const message = `record ${seq} of session ${session} of ${observer}, which the ledger held when the receipt was given, is not found`;
        return fail({ code: 'not-found', message });
      }
      found.push({ block: hit.block, position: hit.position, count: 1 });
    }
  }
  return ok(found);
}
