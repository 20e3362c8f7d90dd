import { useState } from 'react';
import type { FormEvent, ReactElement } from 'react';
import type { ApiFault } from '../api/api-fault.ts';
import type { PastedCredential } from '../state/url-state.ts';
import { readPastedCredential } from '../state/url-state.ts';
import { Icon } from './icon.tsx';

type SigninPageProps = {
  readonly enter: (credential: PastedCredential) => Promise<void>;
  readonly fault?: ApiFault;
};

export function SigninPage({ enter, fault }: SigninPageProps): ReactElement {
  return (
    <main className="signin">
      <div className="signin-card">
        <h1>
          <img src="/mark.svg" alt="" width="28" height="28" /> Portledger
        </h1>
        <p className="lead">Who reached which internal port, when, and from where, kept so that it can be proved.</p>
        {fault === undefined ? null : (
          <div className="notice failed" role="alert">
            <Icon name="failed" />
            <div>
              <strong>{fault.message}</strong>
              {fault.remedy === undefined ? null : <p>{fault.remedy}</p>}
            </div>
          </div>
        )}
        <h2>Get a sign-in link</h2>
        <p>On the machine where Portledger runs, type</p>
        <pre className="command">npx portledger console</pre>
        <p>and open the link it prints. A link works once, for ten minutes.</p>
        <CredentialForm enter={enter} />
      </div>
    </main>
  );
}

function CredentialForm({ enter }: { readonly enter: SigninPageProps['enter'] }): ReactElement {
  const [text, setText] = useState('');
  const [hint, setHint] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const credential = readPastedCredential(text);
    if (credential === undefined) {
      setHint('Paste the whole link, its code, or an API token that begins with plt_.');
      return;
    }
    setHint(undefined);
    setBusy(true);
    void enter(credential).finally(() => setBusy(false));
  };
  return (
    <form onSubmit={submit} className="credential">
      <label htmlFor="credential">Or paste the link, its code, or an API token</label>
      <div className="credential-row">
        <input
          id="credential"
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-describedby="credential-hint"
        />
        <button type="submit" className="primary" disabled={busy}>
          Sign in
        </button>
      </div>
      <p id="credential-hint" className="hint" role={hint === undefined ? undefined : 'alert'}>
        {hint ?? 'A token is exchanged for a session of twelve hours and kept nowhere in this browser.'}
      </p>
    </form>
  );
}
