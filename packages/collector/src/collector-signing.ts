import { observerKeyLabels } from '@portledger/format';
import type { DatabaseSync } from 'node:sqlite';
import type { OpeningPlace } from './opening-place.ts';
import type { SystemObserver } from './doors/system/system-observer.ts';
import type { Ledger } from './ledger/ledger.ts';
import { KEYS_FOLLOWED_NOTE_MS } from './normalise/limits.ts';
import { followKeys, noteFollowed } from './normalise/followed-keys.ts';
import { ObserverEnrolment } from './normalise/observer-enrolment.ts';
import { ObserverKeys } from './normalise/observer-keys.ts';
import { ObserverTurns } from './normalise/observer-turns.ts';
import { loadDoubts, saveDoubts } from './normalise/saved-doubts.ts';
import { SeenCheckpoints } from './normalise/seen-checkpoints.ts';
import type { LedgerDoubt } from './normalise/seen-checkpoints.ts';
import { SignedBatches } from './normalise/signed-batches.ts';

/** What holds observers to their signatures, and the log to what they saw of it. */
export type Signing = {
  readonly keys: ObserverKeys;
  readonly seen: SeenCheckpoints;
  readonly enrolment: ObserverEnrolment;
  readonly signatures: SignedBatches;
};

/** Blocks named where some cannot be read: a label has a bound. */
const UNREAD_BLOCKS_TOLD_MAX = 50;

/** What a person reads of a doubt. */
function doubtText({ observer, seen, ownSize, kind }: LedgerDoubt): string {
  const what =
    kind === 'ahead'
      ? `observer ${observer} has seen a checkpoint of ${seen.size} blocks of this log, which had only ${ownSize}: the ledger was put back to an earlier state`
      : `observer ${observer} has seen another root for the tree of ${seen.size} blocks: the ledger was put back to an earlier state and has gone on from there, or there are two of it`;
  return `${what}. See docs/completeness.md, "The ledger was put back"`;
}

function recordDoubt(system: SystemObserver, { observer, seen, ownSize, kind }: LedgerDoubt): void {
  system.tell({
    action: 'records-lost',
    outcome: 'failure',
    reason: kind === 'ahead' ? 'ledger-put-back' : 'ledger-forked',
    labels: { observer, seen_size: String(seen.size), seen_root: seen.root, own_size: String(ownSize) },
  });
}

type SigningParts = { readonly ledger: Ledger; readonly database: DatabaseSync; readonly system: SystemObserver };

/** The keys as the ledger tells them, whatever became of the control state. */
async function openKeys(place: OpeningPlace, { ledger, database, system }: SigningParts): Promise<ObserverKeys> {
  const keys = new ObserverKeys(database);
  const { taken, dropped, unreadBlocks } = await followKeys(database, ledger, keys);
  if (taken.length + dropped.length > 0)
    place.log.warn(
      { taken, dropped },
      'observers’ keys were not those that the ledger tells of, and were taken from it',
    );
  if (unreadBlocks.length > 0) {
    const blocks = unreadBlocks.slice(0, UNREAD_BLOCKS_TOLD_MAX).join(' ');
    place.log.error(
      { blocks },
      'blocks of the collector’s own acts cannot be read: a key that only they tell of is not known. Run `portledger verify`',
    );
    system.alertRaised('observer-keys-unread', { blocks, count: String(unreadBlocks.length) });
    return keys;
  }
  // A change is in force before its block is sealed, so that what is published is always followed.
  const note = (): void => noteFollowed(database, ledger, ledger.published.head().size);
  const timer = setInterval(note, KEYS_FOLLOWED_NOTE_MS);
  place.opened.defer(() => {
    clearInterval(timer);
    note();
  });
  return keys;
}

export async function openSigning(place: OpeningPlace, parts: SigningParts): Promise<Signing> {
  const { clock, log } = place;
  const { ledger, database, system } = parts;
  const nowMs = (): number => clock() / 1_000;
  const keys = await openKeys(place, parts);
  const turns = new ObserverTurns();
  const { published } = ledger;
  const seen = new SeenCheckpoints({
    tree: { head: () => published.head(), root: (size) => published.root(size) },
    nowMs,
    doubts: loadDoubts(database),
    onDoubt: (doubt) => {
      log.error(doubt, doubtText(doubt));
      recordDoubt(system, doubt);
      saveDoubts(database, seen.doubts);
    },
  });
  for (const doubt of seen.doubts) log.error(doubt, doubtText(doubt));
  const enrolment = new ObserverEnrolment({
    keys,
    turns,
    nowMs,
    record: async (change, by) => {
      const { what, labels } = observerKeyLabels(change);
      const act = { action: 'config-changed', outcome: 'success', labels: { what, ...labels } } as const;
      const recorded = await system.write([{ ...act, user: by, user_kind: 'unknown', user_source: 'token' }]);
      if (!recorded.ok) return recorded;
      // A new key is an operator's word that the observer begins anew.
      seen.forget(change.observer);
      saveDoubts(database, seen.doubts);
      return recorded;
    },
  });
  const signatures = new SignedBatches({
    keys,
    turns,
    seen,
    streamEnd: (observer, session) => ledger.streamEnd(observer, session),
  });
  return { keys, seen, enrolment, signatures };
}
