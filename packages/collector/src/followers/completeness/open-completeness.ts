import { join } from 'node:path';
import type { Ledger } from '../../ledger/ledger-shapes.ts';
import { CompletenessFollower } from './completeness-follower.ts';
import type { FoundHole } from './completeness-follower.ts';
import { completenessReport } from './completeness-report.ts';
import type { ObserverAccount, ReportRequest } from './completeness-report.ts';
import { CompletenessStore } from './completeness-store.ts';

/** The account of what observers saw, delivered, lost and left out. */
export interface Completeness extends AsyncDisposable {
  /** Takes in what is durable now, then answers. */
  report(request: Omit<ReportRequest, 'nowMicros'>): Promise<ObserverAccount[]>;
}

export type CompletenessOptions = {
  /** The data folder. */
  readonly dir: string;
  readonly ledger: Pick<Ledger, 'follow' | 'head' | 'published'>;
  /** Epoch microseconds; undefined where the collector takes nothing in, so that silence says nothing. */
  readonly clock: (() => number) | undefined;
  readonly tellHole: ((hole: FoundHole) => Promise<boolean>) | undefined;
  readonly onFailure: (error: unknown) => void;
};

export function openCompleteness({ dir, ledger, clock, ...rest }: CompletenessOptions): Completeness {
  const store = new CompletenessStore(join(dir, 'completeness.sqlite'), ledger.head().vkey);
  const follower = new CompletenessFollower({ ledger, store, ...rest });
  return {
    async report(request) {
      await follower.caughtUp();
      return completenessReport(store, { ...request, nowMicros: clock?.() ?? follower.latestMicros });
    },
    async [Symbol.asyncDispose]() {
      await follower[Symbol.asyncDispose]();
      store[Symbol.dispose]();
    },
  };
}
