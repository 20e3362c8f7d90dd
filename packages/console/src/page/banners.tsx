import type { ReactElement } from 'react';
import { faultOf } from '../api/api-fault.ts';
import type { KeyPinAccess } from '../state/use-key-pin.ts';
import type { SeenTreeAccess } from '../state/use-seen-tree.ts';
import type { Tail } from '../table/use-tail.ts';
import { keyFingerprint } from '../proof/key-fingerprint.ts';
import { Icon } from './icon.tsx';
import { TreeBanner } from './tree-banner.tsx';

type BannersProps = {
  readonly statusError: Error | null;
  readonly pin: KeyPinAccess;
  readonly tree: SeenTreeAccess;
  readonly tail: Tail;
};

/** What the reader must know before believing what is below. */
export function Banners({ statusError, pin, tree, tail }: BannersProps): ReactElement {
  const fault = statusError === null ? undefined : faultOf(statusError);
  const { state } = pin;
  return (
    <div className="banners">
      {state?.kind === 'changed' ? (
        <div className="banner alarm" role="alert">
          <Icon name="failed" />
          <div>
            <strong>This log’s signing key has changed.</strong> This browser has known{' '}
            <code>{keyFingerprint(state.pin.vkey)}</code> since {state.pin.firstSeen.slice(0, 10)}; the collector now
            shows <code>{keyFingerprint(state.offered)}</code>. If nobody replaced the key or the data folder on
            purpose, the log may be a forgery. Proofs are checked against the known key and will fail.
          </div>
          <button type="button" onClick={pin.trustOffered}>
            Trust the new key
          </button>
        </div>
      ) : null}
      <TreeBanner tree={tree} />
      {fault === undefined ? null : (
        <div className="banner warn" role="status">
          <Icon name="failed" />
          <div>
            <strong>{fault.message}</strong>{' '}
            {fault.kind === 'offline' ? 'Reconnecting; what you see may be old.' : fault.remedy}
          </div>
        </div>
      )}
      {fault === undefined && tail.phase.kind === 'waiting' ? (
        <div className="banner warn" role="status">
          <Icon name="refresh" />
          <div>The live stream broke off. Reconnecting.</div>
        </div>
      ) : null}
    </div>
  );
}
