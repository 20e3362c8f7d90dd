import type { ReactElement } from 'react';
import type { RecordDetail } from '../api/hit.ts';
import { Icon } from '../page/icon.tsx';
import type { PinState } from '../state/key-pin.ts';
import { ProofChain } from './proof-chain.tsx';
import { useProof } from './use-proof.ts';
import type { ProofState } from './use-proof.ts';

type ProofPanelProps = { readonly detail: RecordDetail; readonly pin: PinState | undefined };

export function ProofPanel({ detail, pin }: ProofPanelProps): ReactElement {
  const state = useProof(detail, pin);
  const shown = summarise(state);
  return (
    <section className={`proof ${shown.tone}`} aria-labelledby="proof-title">
      <h3 id="proof-title" role="status">
        <Icon name={shown.tone === 'pass' ? 'shield' : shown.tone === 'fail' ? 'failed' : 'clock'} />
        <span>{shown.title}</span>
      </h3>
      <p className="proof-text">{shown.text}</p>
      {state.kind === 'checked' ? <ProofChain report={state.report} vkey={pin?.pin.vkey} /> : null}
    </section>
  );
}

type ProofSummary = { readonly tone: 'pass' | 'fail' | 'wait'; readonly title: string; readonly text: string };

function summarise(state: ProofState): ProofSummary {
  switch (state.kind) {
    case 'checking':
      return { tone: 'wait', title: 'Checking the proof…', text: 'The proof is fetched and checked in this browser.' };
    case 'not-sealed':
      return {
        tone: 'wait',
        title: 'Not sealed yet',
        text: 'The record is durable; its block is sealed within about a second. Asking again.',
      };
    case 'unavailable':
      return {
        tone: 'wait',
        title: 'Not proved',
        text: `${state.fault.message} ${state.fault.remedy ?? ''}`,
      };
    case 'checked':
      return state.report.verdict === 'pass'
        ? { tone: 'pass', title: 'Proof verified', text: 'Checked in this browser, from the line to the signing key.' }
        : {
            tone: 'fail',
            title: 'Proof FAILED',
            text: `${state.report.message ?? ''} Do not rely on this record; run portledger verify on the collector’s machine.`,
          };
    default:
      return state satisfies never;
  }
}
