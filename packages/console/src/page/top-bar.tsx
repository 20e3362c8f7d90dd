import type { ReactElement } from 'react';
import type { CollectorStatus } from '../api/status.ts';
import { shortFingerprint } from '../proof/key-fingerprint.ts';
import type { PinState } from '../state/key-pin.ts';
import type { TreeState } from '../state/seen-tree.ts';
import type { useTheme } from '../state/use-theme.ts';
import { Icon } from './icon.tsx';
import { LogPopover } from './log-popover.tsx';
import { ObserversChip } from './observers-chip.tsx';
import { useSignedIn } from './services.ts';

type TopBarProps = {
  readonly status: CollectorStatus | undefined;
  readonly pin: PinState | undefined;
  readonly tree: TreeState | undefined;
  readonly theme: ReturnType<typeof useTheme>;
  readonly showHelp: () => void;
};

export function TopBar({ status, pin, tree, theme, showHelp }: TopBarProps): ReactElement {
  const { session, signOut } = useSignedIn();
  const other = theme.theme === 'dark' ? 'light' : 'dark';
  return (
    <header className="top-bar">
      <h1>
        <img src="/mark.svg" alt="" width="22" height="22" />
        <span>Portledger</span>
      </h1>
      <button type="button" className="chip" popoverTarget="log-popover">
        <Icon name="key" />
        <span className="chip-origin">{status?.origin ?? '…'}</span>
        <code>{status === undefined ? '' : shortFingerprint(status.vkey)}</code>
        {pin?.kind === 'changed' ? <span className="tag failed">key changed</span> : null}
        {tree?.kind === 'rolled-back' ? <span className="tag failed">rolled back</span> : null}
        {tree?.kind === 'rewritten' ? <span className="tag failed">rewritten</span> : null}
      </button>
      {status === undefined ? null : <LogPopover status={status} pin={pin} tree={tree} />}
      <ObserversChip status={status} />
      <span className="spacer" />
      <button type="button" className="quiet" onClick={showHelp} aria-label="Help" title="Keys and filters ( ? )">
        <Icon name="help" />
      </button>
      <button
        type="button"
        className="quiet"
        onClick={theme.toggle}
        aria-label={`Switch to ${other} theme`}
        title={`Switch to ${other} ( t )`}
      >
        <Icon name={theme.theme === 'dark' ? 'sun' : 'moon'} />
      </button>
      <button
        type="button"
        className="quiet"
        onClick={signOut}
        aria-label="Sign out"
        title={`Signed in as ${session.name} (${session.role}). Sign out`}
      >
        <Icon name="exit" />
      </button>
    </header>
  );
}
