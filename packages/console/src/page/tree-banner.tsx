import type { ReactElement } from 'react';
import { formatCount } from '../record/formats.ts';
import type { SeenTree, TreeState } from '../state/seen-tree.ts';
import type { SeenTreeAccess } from '../state/use-seen-tree.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icon.tsx';

/** Tells loudly when the log no longer is what this browser saw of it. */
export function TreeBanner({ tree }: { readonly tree: SeenTreeAccess }): ReactElement | null {
  const { state } = tree;
  if (state === undefined || state.kind === 'none' || state.kind === 'kept') return null;
  if (state.kind === 'unsigned') {
    return (
      <div className="banner alarm" role="alert">
        <Icon name="failed" />
        <div>
          <strong>The log’s head is not signed by the key this browser knows.</strong> {state.message}. Do not rely on
          what is below.
        </div>
      </div>
    );
  }
  const { held, offered } = state;
  return (
    <div className={state.kind === 'unproven' ? 'banner warn' : 'banner alarm'} role="alert">
      <Icon name="failed" />
      <div>
        <TreeMessage state={state} />
      </div>
      <div className="banner-actions">
        <CopyButton text={evidenceOf(held, offered)} label="Copy both signed checkpoints" />
        {offered === undefined ? null : (
          <button type="button" onClick={() => tree.goOnFrom(offered)}>
            Go on from what is shown now
          </button>
        )}
      </div>
    </div>
  );
}

type Contradiction = Exclude<TreeState, { readonly kind: 'none' | 'kept' | 'unsigned' }>;

function TreeMessage({ state }: { readonly state: Contradiction }): ReactElement {
  const { held } = state;
  const known = `${formatCount(held.size)} blocks, seen by this browser on ${held.seen.slice(0, 16).replace('T', ' ')} UTC`;
  switch (state.kind) {
    case 'rolled-back':
      return (
        <>
          <strong>This log has become smaller.</strong> Its key has signed a log of {known}; now it shows{' '}
          {formatCount(state.offered?.size ?? 0)}. An older copy of the data folder was put back, or records were
          removed. Keep both checkpoints, and run <code>portledger verify</code>.
        </>
      );
    case 'rewritten':
      return (
        <>
          <strong>This log’s history has changed.</strong> What it shows now ({formatCount(state.offered.size)} blocks)
          does not go on from the log of {known}, which the same key has signed. Records were removed or altered. Both
          signed checkpoints together prove it: keep them.
        </>
      );
    case 'unproven':
      return (
        <>
          <strong>The collector does not prove that this log has only grown.</strong> {state.message} What it shows now
          ({formatCount(state.offered.size)} blocks) is held against the log of {known}.
        </>
      );
    default:
      return state satisfies never;
  }
}

function evidenceOf(held: SeenTree, offered: SeenTree | undefined): string {
  const now = offered === undefined ? 'no checkpoint is shown now\n' : `shown ${offered.seen}:\n${offered.note}`;
  return `key: ${held.vkey}\n\nseen ${held.seen}:\n${held.note}\n${now}`;
}
