import { fail, ok } from '@portledger/format';
import type { Result } from '@portledger/format';
import { AgentKey } from './stream/agent-key.ts';
import { ChainFile } from './stream/chain-file.ts';
import { ClockOffset } from './stream/clock-offset.ts';
import { CollectorClient } from './stream/collector-client.ts';
import { writeEnrolment } from './stream/enrolment-file.ts';
import { registerKey } from './stream/register-key.ts';

export type EnrolOptions = {
  /** Folder of the agent's key and enrolment; made when missing, 0700. */
  readonly identityDir: string;
  /** Name under which this host reports; must be the one that the token was made for. */
  readonly observer: string;
  readonly collectorUrl: string;
  /** A token of role enrol. */
  readonly token: string;
};

export type Enrolled = {
  readonly keyId: string;
  /** The log's verifier key. */
  readonly vkey: string;
  /** What the agent sends with from now on; absent where the token given was one of role ingest. */
  readonly token?: string;
};

/** Why not, in the collector's words where it answered. */
export type EnrolFault = { readonly message: string };

/** Makes this host's key when there is none and registers it at a collector. Throws what the disk throws. */
export async function enrolAgent(options: EnrolOptions): Promise<Result<Enrolled, EnrolFault>> {
  const { identityDir, observer, collectorUrl, token } = options;
  const key = AgentKey.open(identityDir);
  using client = new CollectorClient({ collectorUrl, token, clock: new ClockOffset(), now: Date.now });
  const outcome = await registerKey(client, key, observer, new AbortController().signal);
  if (outcome.kind === 'not-registered') {
    const { delivery } = outcome;
    const message = 'message' in delivery ? delivery.message : 'the collector answered something else';
    return fail({ message });
  }
  const { vkey, registered, token: own } = outcome.value;
  // What this host saw of another log, or before the operator let it begin anew, is settled.
  new ChainFile(identityDir).remove();
  writeEnrolment(identityDir, { collector: collectorUrl, observer, keyId: key.keyId, vkey, registered });
  return ok({ keyId: key.keyId, vkey, ...(own === undefined ? {} : { token: own }) });
}
