import type { ReactElement } from 'react';
import { CopyButton } from '../page/copy-button.tsx';
import { Icon } from '../page/icon.tsx';
import type { IconName } from '../page/icon.tsx';
import { keyFingerprint } from './key-fingerprint.ts';
import type { ProofReport, ProofStep, StepName } from './proof-report.ts';

const TITLES: Readonly<Record<StepName, string>> = {
  line: 'Line hash',
  block: 'Block root',
  manifest: 'Block manifest',
  log: 'Log root',
  checkpoint: 'Signed checkpoint',
  key: 'Signing key',
};

const OUTCOME_ICONS: Readonly<Record<ProofStep['outcome'], IconName>> = {
  pass: 'check',
  fail: 'close',
  skipped: 'dot',
};

const OUTCOME_WORDS: Readonly<Record<ProofStep['outcome'], string>> = {
  pass: 'passed',
  fail: 'failed',
  skipped: 'not checked',
};

type ProofChainProps = { readonly report: ProofReport; readonly vkey: string | undefined };

/** The chain from the line to the key, each link with what was found. */
export function ProofChain({ report, vkey }: ProofChainProps): ReactElement {
  return (
    <ol className="chain">
      {report.steps.map((step) => (
        <ChainLink
          key={step.name}
          step={step.name === 'key' && vkey !== undefined ? withFingerprint(step, vkey) : step}
        />
      ))}
    </ol>
  );
}

function ChainLink({ step }: { readonly step: ProofStep }): ReactElement {
  return (
    <li className={`link ${step.outcome}`} data-step={step.name} data-outcome={step.outcome}>
      {step.pathLength === undefined ? null : <PathPicture length={step.pathLength} />}
      <span className="link-mark">
        <Icon name={OUTCOME_ICONS[step.outcome]} />
      </span>
      <div className="link-text">
        <strong>{TITLES[step.name]}</strong>
        <span className="visually-hidden">, {OUTCOME_WORDS[step.outcome]}</span>
        {step.digest === undefined ? null : (
          <span className="digest">
            <code title={step.digest}>{step.digest}</code>
            <CopyButton text={step.digest} label={`Copy the ${TITLES[step.name].toLowerCase()}`} />
          </span>
        )}
        <p>{step.explanation}</p>
      </div>
    </li>
  );
}

/** One small node for each hash of the path. */
function PathPicture({ length }: { readonly length: number }): ReactElement {
  const text = length === 1 ? 'path of 1 hash' : `path of ${length} hashes`;
  return (
    <span className="path">
      <span className="path-nodes" aria-hidden="true">
        {Array.from({ length }, (_, at) => (
          <i key={at} />
        ))}
      </span>
      {text}
    </span>
  );
}

function withFingerprint(step: ProofStep, vkey: string): ProofStep {
  const digest = keyFingerprint(vkey);
  return digest === undefined ? step : { ...step, digest };
}
