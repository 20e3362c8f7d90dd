import type { RetentionPolicy } from '@portledger/format';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { OpeningPlace } from './opening-place.ts';
import type { SystemObserver } from './doors/system/system-observer.ts';
import type { RecordIndex } from './followers/index/record-index.ts';
import { NodeBlockFiles } from './ledger/block-files.ts';
import { BlockReader } from './ledger/block-reader.ts';
import type { Ledger } from './ledger/ledger.ts';
import { NodeDisk } from './ledger/node-disk.ts';
import { DEFAULT_RETENTION_POLICY } from './normalise/retention-class.ts';
import { POLICY_CHANGE, policyLabels } from './retention/policy-history.ts';
import { Retention } from './retention/retention.ts';

type RetentionParts = {
  readonly ledger: Ledger;
  readonly database: DatabaseSync;
  readonly system: SystemObserver;
  readonly index: RecordIndex;
};

/** Opens pruning and holds on what is open already, and prunes by itself where the collector runs as a service. */
export function openRetention({ options, clock, log, opened }: OpeningPlace, parts: RetentionParts): Retention {
  const { ledger, system, index, database } = parts;
  const policy = options.retention ?? DEFAULT_RETENTION_POLICY;
  const folder = join(options.dataDir, 'ledger');
  const retention = new Retention({
    policy,
    reader: new BlockReader(new NodeBlockFiles(folder)),
    size: () => ledger.head().sealedBlocks,
    disk: new NodeDisk(folder),
    write: async (acts) => {
      const written = await system.write(acts);
      return written.ok ? undefined : written.fault.message;
    },
    seal: () => ledger.seal(),
    dropFromIndex: (ranges) => index.prune(ranges),
    clock,
  });
  opened.defer(() => retention.close());
  if (options.opening === 'command') return retention;
  notePolicy(database, system, policy);
  const { retentionIntervalMs } = options;
  if (retentionIntervalMs === undefined) return retention;
  retention.schedule(retentionIntervalMs, (run) => {
    if (!run.ok) log.error({ error: String(run.fault) }, 'pruning failed; it is tried again with the next run');
    else if (run.value.filesUnlinked > 0) log.info(run.value, 'pruned what has reached its age');
  });
  return retention;
}

/**
 * Records the policy when it is not the one of the last run, and at the first start: what is written from now on is kept by
 * it, whatever is configured later.
 */
function notePolicy(database: DatabaseSync, system: SystemObserver, policy: RetentionPolicy): void {
  const labels = policyLabels(policy);
  const text = JSON.stringify(labels);
  const row = database.prepare("SELECT value FROM settings WHERE name = 'retention'").get();
  if (row?.['value'] === text) return;
  system.configChanged('operator', POLICY_CHANGE, labels);
  database
    .prepare(
      "INSERT INTO settings (name, value) VALUES ('retention', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    )
    .run(text);
}
