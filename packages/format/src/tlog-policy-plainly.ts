import { fail, ok, type Result } from './result.ts';
import type { Hash } from './sha256.ts';
import type { Policy, PolicyFault, PolicyGroup, PolicyLog, PolicyWitness } from './tlog-policy.ts';
import { COSIGNATURE_TYPE, ED25519_TYPE, parseVerifierKey, type VerifierKey } from './verifier-key.ts';

/** The predefined quorum that asks for no witness. */
export const NO_QUORUM = 'none';

/**
 * What `parsePolicy` of tlog-policy.ts does, in short, for the single-file verifier: it reads the same policies and refuses
 * the same files, but tells one fault and not each.
 */
export function parsePolicy(hash: Hash, file: Uint8Array): Result<Policy, readonly PolicyFault[]> {
  const logs: PolicyLog[] = [];
  const witnesses: PolicyWitness[] = [];
  const groups: PolicyGroup[] = [];
  const defined = new Set<string>();
  const used = new Set<string>();
  let quorum: string | undefined;
  let line = 0;
  const refuse = (message: string): never => {
    throw new RangeError(message);
  };
  const define = (name = NO_QUORUM): string => {
    if (name === NO_QUORUM || defined.has(name)) refuse(`${JSON.stringify(name)} can't be defined here`);
    defined.add(name);
    return name;
  };
  const keyOf = (text = '', type: number, others: readonly { readonly key: VerifierKey }[]): VerifierKey => {
    const key = parseVerifierKey(hash, text);
    if (!key.ok) return refuse(key.fault.message);
    const isTwice = others.some((other) => String(other.key.publicKey) === String(key.value.publicKey));
    return key.value.type !== type || isTwice ? refuse('the key is of another kind, or stands there twice') : key.value;
  };
  const group = (name = '', rule = '', members: readonly string[]): PolicyGroup => {
    for (const member of members) {
      if (!defined.has(member) || used.has(member)) refuse(`${JSON.stringify(member)} is not defined, or used twice`);
      used.add(member);
    }
    const threshold = rule === 'all' ? members.length : rule === 'any' ? 1 : /^[1-9]\d*$/.test(rule) ? Number(rule) : 0;
    if (threshold < 1 || threshold > members.length) refuse(`${JSON.stringify(rule)} is no threshold`);
    return { name: define(name), threshold, members };
  };
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file);
    if (/(?![\t\n])\p{Cc}/u.test(text.replaceAll(/[\u0080-\u009f]/g, '')) || !/(^|\n)$/.test(text))
      refuse('not lines of text, or cut short');
    for (const items of text.split('\n').map((one) => one.split(/[ \t]+/).filter((item) => item !== ''))) {
      line += 1;
      const [keyword, first, second, third, ...more] = items;
      if (keyword === undefined || keyword.startsWith('#')) continue;
      if (keyword === 'log' && first !== undefined && third === undefined)
        logs.push({ key: keyOf(first, ED25519_TYPE, logs) });
      else if (keyword === 'witness' && second !== undefined && more.length === 0)
        witnesses.push({ name: define(first), key: keyOf(second, COSIGNATURE_TYPE, witnesses) });
      else if (keyword === 'group' && third !== undefined) groups.push(group(first, second, [third, ...more]));
      else if (keyword === 'quorum' && second === undefined && quorum === undefined)
        quorum = first === NO_QUORUM || defined.has(first ?? '') ? first : refuse('the quorum is not defined');
      else refuse(`can't be read: ${keyword}`);
    }
    return ok({ logs, witnesses, groups, quorum: quorum ?? refuse('there is no quorum line') });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail([{ code: 'malformed-policy', line, message }]);
  }
}
