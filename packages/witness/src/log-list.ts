import { ED25519_TYPE, fail, ok, parseVerifierKey, type Result } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';

/** Lines that a log list may hold beside keys; a witness of ours has no use for them. */
const PASSED_OVER = new Set(['qpd', 'contact']);

/**
 * Reads the logs that a witness trusts: one verifier key a line, with empty lines and `#` comments between. The
 * log-list format `logs/v0` of witness-network.org is taken too (`vkey`, `origin`, `qpd`, `contact`). The fault names every
 * line that is wrong, counted from 1.
 */
export function parseLogList(text: string): Result<readonly string[], readonly string[]> {
  const vkeys: string[] = [];
  const faults: string[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line === 'logs/v0') continue;
    const fault = takeLine(line, vkeys);
    if (fault !== undefined) faults.push(`line ${at + 1}: ${fault}`);
  }
  return faults.length > 0 ? fail(faults) : ok(vkeys);
}

/** Returns what is wrong with the line. */
function takeLine(line: string, vkeys: string[]): string | undefined {
  const [first = '', second, ...rest] = line.split(/[ \t]+/);
  if (second !== undefined && PASSED_OVER.has(first)) return undefined;
  if (first === 'origin') return originFault(second, vkeys.at(-1));
  const vkey = first === 'vkey' && second !== undefined && rest.length === 0 ? second : line;
  const key = parseVerifierKey(nodeSha256, vkey);
  if (!key.ok) return key.fault.message;
  if (key.value.type !== ED25519_TYPE) return `${key.value.name} is a witness's key; give the log's`;
  vkeys.push(vkey);
  return undefined;
}

/** An origin other than the key's name would let a note by one log stand for another. */
function originFault(origin: string | undefined, vkey: string | undefined): string | undefined {
  return vkey !== undefined && origin === vkey.split('+', 1)[0]
    ? undefined
    : 'the origin must be the name in the key above it: logs with another are not taken';
}
