import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { ReactElement } from 'react';
import { faultOf } from '../api/api-fault.ts';
import type { ApiFault } from '../api/api-fault.ts';
import type { PastedCredential } from '../state/url-state.ts';
import { signInCodeFromHash } from '../state/url-state.ts';
import { ConsolePage } from './console-page.tsx';
import { ServicesContext, SignedInContext } from './services.ts';
import type { Services } from './services.ts';
import { resumeSession, signIn } from './session-gate.ts';
import type { Gate } from './session-gate.ts';
import { SigninPage } from './signin-page.tsx';

export function App({ services }: { readonly services: Services }): ReactElement {
  const { gate, enter, leave, expire } = useGate(services);
  const [queries] = useState(() => createQueryClient(expire));
  const signOut = useCallback(() => {
    queries.clear();
    leave();
  }, [queries, leave]);
  const signedIn = useMemo(
    () => (gate.kind === 'signed-in' ? { session: gate.session, signOut } : undefined),
    [gate, signOut],
  );
  return (
    <ServicesContext value={services}>
      <QueryClientProvider client={queries}>
        {gate.kind === 'checking' ? <main className="checking" aria-busy="true" aria-label="Loading" /> : null}
        {gate.kind === 'signed-out' ? (
          <SigninPage enter={enter} {...(gate.fault === undefined ? {} : { fault: gate.fault })} />
        ) : null}
        {signedIn === undefined ? null : (
          <SignedInContext value={signedIn}>
            <ConsolePage />
          </SignedInContext>
        )}
      </QueryClientProvider>
    </ServicesContext>
  );
}

type GateControl = {
  readonly gate: Gate;
  readonly enter: (credential: PastedCredential) => Promise<void>;
  readonly leave: () => void;
  readonly expire: () => void;
};

function useGate({ client }: Services): GateControl {
  const [gate, setGate] = useState<Gate>({ kind: 'checking' });
  const enter = useCallback(
    async (credential: PastedCredential) => setGate(await signIn(client, credential)),
    [client],
  );
  useEffect(() => {
    const start = async (): Promise<void> => {
      const code = takeCodeFromAddress();
      if (code !== undefined) await enter({ kind: 'code', code });
      else setGate(await resumeSession(client));
    };
    const followLink = (): void => {
      const code = takeCodeFromAddress();
      if (code !== undefined) void enter({ kind: 'code', code });
    };
    addEventListener('hashchange', followLink);
    // Deferred by a turn: under StrictMode the first mount is undone at once, and a one-time code works once.
    const timer = setTimeout(() => void start(), 0);
    return () => {
      clearTimeout(timer);
      removeEventListener('hashchange', followLink);
    };
  }, [client, enter]);
  const expire = useCallback(() => setGate({ kind: 'signed-out' }), []);
  const leave = useCallback(() => {
    client.postJson('/v1/signout', {}).catch(() => undefined);
    setGate({ kind: 'signed-out' });
  }, [client]);
  return { gate, enter, leave, expire };
}

/** The code leaves the address at once, so that it stays neither on screen nor in the history. */
function takeCodeFromAddress(): string | undefined {
  const code = signInCodeFromHash(location.hash);
  if (code !== undefined) history.replaceState(null, '', `${location.pathname}${location.search}`);
  return code;
}

/** Faults that may be gone in a moment: the collector is away, starting, or busy. */
function mayPass(fault: ApiFault): boolean {
  return fault.kind === 'offline' || fault.status === 429 || fault.status >= 500;
}

function createQueryClient(expire: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (faultOf(error).kind === 'signed-out') expire();
      },
    }),
    defaultOptions: {
      queries: {
        // The collector is mostly on this very machine, which answers without any network.
        networkMode: 'always',
        refetchOnWindowFocus: false,
        staleTime: 2_000,
        retry: (failures, error) => mayPass(faultOf(error)) && failures < 3,
      },
    },
  });
}
