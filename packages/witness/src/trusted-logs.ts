import { ED25519_TYPE, parseVerifierKey, type VerifierKey } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { TrustedLogs } from './decision.ts';
import { LOGS_MAX } from './limits.ts';
import { WitnessError } from './witness-error.ts';

/**
 * The logs that a witness accepts, from their verifier keys. Two keys of one name are one log's, old and new.
 * Throws a WitnessError `bad-options` that names every line at fault.
 */
export function trustedLogs(vkeys: readonly string[]): TrustedLogs {
  const logs = new Map<string, VerifierKey[]>();
  const faults: string[] = vkeys.length > LOGS_MAX ? [`there are more than ${LOGS_MAX} logs`] : [];
  for (const [at, vkey] of vkeys.slice(0, LOGS_MAX).entries()) {
    const key = parseVerifierKey(nodeSha256, vkey);
    if (!key.ok) {
      faults.push(`log ${at + 1}: ${key.fault.message}`);
    } else if (key.value.type === ED25519_TYPE) {
      logs.set(key.value.name, [...(logs.get(key.value.name) ?? []), key.value]);
    } else {
      faults.push(`log ${at + 1}: ${key.value.name} is a witness's key; give the log's, of type ${ED25519_TYPE}`);
    }
  }
  if (faults.length > 0) {
    throw new WitnessError('bad-options', faults.join('\n'));
  }
  return logs;
}
