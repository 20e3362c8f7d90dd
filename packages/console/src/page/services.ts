import { createContext, use } from 'react';
import type { ApiClient } from '../api/api-client.ts';
import type { SessionInfo } from '../api/status.ts';
import type { Store } from '../state/stored.ts';

/** What the page reaches outside itself with; given once, at the entry. */
export type Services = { readonly client: ApiClient; readonly store: Store };

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = use(ServicesContext);
  if (services === undefined) throw new Error('the page was mounted without its services');
  return services;
}

export type SignedIn = { readonly session: SessionInfo; readonly signOut: () => void };

export const SignedInContext = createContext<SignedIn | undefined>(undefined);

export function useSignedIn(): SignedIn {
  const signedIn = use(SignedInContext);
  if (signedIn === undefined) throw new Error('the console was mounted without a session');
  return signedIn;
}
