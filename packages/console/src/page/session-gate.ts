import type { ApiClient } from '../api/api-client.ts';
import type { ApiFault } from '../api/api-fault.ts';
import { faultOf } from '../api/api-fault.ts';
import type { SessionInfo } from '../api/status.ts';
import { readSession } from '../api/status.ts';
import type { PastedCredential } from '../state/url-state.ts';

export type Gate =
  | { readonly kind: 'checking' }
  | { readonly kind: 'signed-out'; readonly fault?: ApiFault }
  | { readonly kind: 'signed-in'; readonly session: SessionInfo };

/** Exchanges a code or a token for a session cookie, then asks the collector who that is. */
export async function signIn(client: ApiClient, credential: PastedCredential): Promise<Gate> {
  try {
    const { kind } = credential;
    await client.postJson('/v1/signin', kind === 'code' ? { code: credential.code } : { token: credential.token });
    return { kind: 'signed-in', session: readSession(await client.getJson('/v1/session')) };
  } catch (error) {
    return { kind: 'signed-out', fault: faultOf(error) };
  }
}

/** Looks for a session that stands already. Having none is no fault. */
export async function resumeSession(client: ApiClient): Promise<Gate> {
  try {
    return { kind: 'signed-in', session: readSession(await client.getJson('/v1/session')) };
  } catch (error) {
    const fault = faultOf(error);
    return fault.kind === 'signed-out' ? { kind: 'signed-out' } : { kind: 'signed-out', fault };
  }
}
