import type { ReactElement } from 'react';
import type { CollectorStatus, WitnessedStatus } from '../api/status.ts';
import { keyFingerprint } from '../proof/key-fingerprint.ts';
import { formatBytes, formatCount } from '../record/formats.ts';
import type { PinState } from '../state/key-pin.ts';
import type { TreeState } from '../state/seen-tree.ts';
import { CopyButton } from './copy-button.tsx';

type LogPopoverProps = {
  readonly status: CollectorStatus;
  readonly pin: PinState | undefined;
  readonly tree: TreeState | undefined;
};

/** What this log is, and by which key it is to be checked. */
export function LogPopover({ status, pin, tree }: LogPopoverProps): ReactElement {
  return (
    <div id="log-popover" popover="auto" className="popover" role="dialog" aria-label="The log">
      <h2>The log</h2>
      <dl className="facts">
        <dt>Origin</dt>
        <dd>{status.origin}</dd>
        <dt>Key fingerprint</dt>
        <dd>
          <code>{keyFingerprint(status.vkey) ?? 'unreadable'}</code>
        </dd>
        <dt>Verifier key</dt>
        <dd>
          <code>{status.vkey}</code> <CopyButton text={status.vkey} label="Copy the verifier key" />
        </dd>
        <dt>Known here since</dt>
        <dd>{pin === undefined ? '…' : pin.pin.firstSeen.slice(0, 16).replace('T', ' ')} UTC, this browser</dd>
        <dt>Records</dt>
        <dd>{formatCount(status.records)}</dd>
        <dt>Blocks</dt>
        <dd>
          {formatCount(status.blocks)}, {formatCount(status.sealedBlocks)} sealed
        </dd>
        <dt>Only grown</dt>
        <dd>{continuityOf(tree)}</dd>
        <dt>Witnessed</dt>
        <dd>{witnessedOf(status.witnesses)}</dd>
        <dt>Taken in since start</dt>
        <dd>{formatBytes(status.bytes)}</dd>
        <dt>Version</dt>
        <dd>{status.version}</dd>
      </dl>
      <p className="hint">
        Compare the verifier key with the file <code>ledger/vkey</code> in the collector’s data folder before you rely
        on it.
      </p>
    </div>
  );
}

function witnessedOf(witnesses: WitnessedStatus | undefined): string {
  if (witnesses === undefined) return 'by nobody: the operator could have rewritten all of this';
  const { witnessed, failing } = witnesses;
  const faults = failing.map(({ name, code }) => `; ${name} refuses: ${code}`).join('');
  if (witnessed === undefined) return `not yet${faults}`;
  const when = witnessed.time.slice(0, 16).replace('T', ' ');
  return `up to ${formatCount(witnessed.size)} blocks, ${when} UTC, by ${witnessed.by.join(', ')}${faults}`;
}

function continuityOf(tree: TreeState | undefined): string {
  switch (tree?.kind) {
    case undefined:
      return 'not known';
    case 'none':
      return 'nothing is sealed yet';
    case 'kept':
      return `yes, up to ${formatCount(tree.tree.size)} blocks, checked here`;
    case 'unproven':
      return 'not proved';
    case 'rolled-back':
    case 'rewritten':
    case 'unsigned':
      return 'NO';
    default:
      return tree satisfies never;
  }
}
