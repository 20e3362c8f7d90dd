import type { DiskOperation, DiskStep, Injection } from './disk-fault.ts';

function isStep(step: DiskStep | undefined, operation: DiskOperation, path: RegExp): boolean {
  return step?.operation === operation && path.test(step.to ?? step.path);
}

function forgets(operation: DiskOperation, path: RegExp): () => Injection {
  return () => (step) => (isStep(step, operation, path) ? 'skipped' : undefined);
}

/** Does a step only after a later one. */
function swaps(operation: DiskOperation, path: RegExp, later: DiskOperation, laterPath: RegExp): () => Injection {
  return () => (step) =>
    isStep(step, operation, path) ? { until: (done) => isStep(done, later, laterPath) } : undefined;
}

/**
 * Mistakes that a ledger could have in what it does with its disk: each must break a promise in the simulation, or the
 * simulation proves nothing. Paths of `rename` are the new names.
 */
export const LEDGER_MISTAKES: Readonly<Record<string, () => Injection>> = {
  'acknowledges before the journal is synced': forgets('sync', /^journal\//),
  'does not sync the name of a journal': forgets('sync-folder', /^journal$/),
  'does not sync frames': forgets('sync', /^segments\//),
  'does not sync the name of a segment': forgets('sync-folder', /^segments\//),
  'does not sync the name of a class’s folder': forgets('sync-folder', /^segments$/),
  'does not cut off frames of a round that was not published': forgets('truncate', /^segments\//),
  'does not sync a file before it gets its name': forgets('sync', /^staging\/next\.tmp$/),
  'does not sync the name of a stage': forgets('sync-folder', /^staging$/),
  'does not sync the name of a checkpoint': forgets('sync-folder', /^$/),
  'does not sync the names of tiles and bundles': forgets('sync-folder', /^tile\//),
  'publishes before the stage has its name': swaps('rename', /\.stage$/, 'rename', /^checkpoint$/),
  'publishes before the name of the stage is synced': swaps('sync-folder', /^staging$/, 'rename', /^checkpoint$/),
  'lays tiles after the stage is removed': swaps('rename', /^tile\//, 'unlink', /\.stage$/),
  'removes the stage before the checkpoint is published': swaps('rename', /^checkpoint$/, 'unlink', /\.stage$/),
  'does not remove the tiles of the old edge': forgets('unlink', /^tile\//),
  'writes frames after the stage': swaps('write', /^segments\//, 'rename', /\.stage$/),
};
