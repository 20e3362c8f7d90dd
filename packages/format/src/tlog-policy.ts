import { fail, ok, type Result } from './result.ts';
import type { Hash } from './sha256.ts';
import { bytesEqual } from './merkle-verification.ts';
import { COSIGNATURE_TYPE, ED25519_TYPE, parseVerifierKey, type VerifierKey } from './verifier-key.ts';

/** Bytes of a policy file: some thousand logs, witnesses and groups, where the specification asks for 32 of each. */
export const POLICY_BYTES_MAX = 262_144;
/** The predefined quorum that asks for no witness. */
export const NO_QUORUM = 'none';

/** A log whose checkpoints are taken. The key's name is the log's origin. */
export type PolicyLog = { readonly key: VerifierKey; readonly url?: string };
/** A witness. `name` stands for it in this policy alone; the key has a name of its own. */
export type PolicyWitness = { readonly name: string; readonly key: VerifierKey; readonly url?: string };
/** Witnesses a checkpoint where at least `threshold` of its members do; members are witnesses and earlier groups. */
export type PolicyGroup = { readonly name: string; readonly threshold: number; readonly members: readonly string[] };

/** A C2SP tlog-policy. Every member of a group, and the quorum, is defined in it, groups before those that use them. */
export type Policy = {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** The name of a witness or a group, or `none`. */
  readonly quorum: string;
};

/** `line` counts from 1; 0 is the file as a whole. `message` says what is wrong and what to do. */
export type PolicyFault = {
  readonly code:
    | 'malformed-policy'
    | 'unknown-keyword'
    | 'wrong-items'
    | 'bad-key'
    | 'duplicate-key'
    | 'duplicate-name'
    | 'undefined-name'
    | 'used-twice'
    | 'bad-threshold'
    | 'no-quorum'
    | 'second-quorum';
  readonly line: number;
  readonly message: string;
};

const KEYWORDS = 'log, witness, group or quorum';

/**
 * Reads a policy file strictly and tells all its faults at once. `file` is the file's bytes: names are compared by
 * their bytes, so nothing in it is normalised.
 */
export function parsePolicy(hash: Hash, file: Uint8Array): Result<Policy, readonly PolicyFault[]> {
  const lines = linesOf(file);
  if (!lines.ok) {
    return lines;
  }
  const reader = new PolicyReader(hash);
  for (const [at, line] of lines.value.entries()) {
    const items = line.split(/[ \t]+/).filter((item) => item !== '');
    if (items[0] !== undefined && !items[0].startsWith('#')) {
      reader.read(at + 1, items[0], items.slice(1));
    }
  }
  return reader.policy();
}

/** The file's lines without their newlines, or what makes it no text of such lines. */
function linesOf(file: Uint8Array): Result<string[], readonly PolicyFault[]> {
  if (file.length > POLICY_BYTES_MAX) {
    const message = `the file has ${file.length} bytes, more than ${POLICY_BYTES_MAX}; give a policy file`;
    return fail([{ code: 'malformed-policy', line: 0, message }]);
  }
  const control = file.findIndex((octet) => octet === 0x7f || (octet < 0x20 && octet !== 0x09 && octet !== 0x0a));
  if (control !== -1) {
    const line = file.subarray(0, control).reduce((count, octet) => count + (octet === 0x0a ? 1 : 0), 1);
    const hex = hexOctet(file[control] ?? 0);
    const remedy = hex === '0x0d' ? 'save the file with Unix line ends' : 'take it out';
    const message = `holds the control character ${hex}; ${remedy}`;
    return fail([{ code: 'malformed-policy', line, message }]);
  }
  const text = decodeOctets(file);
  if (text !== '' && !text.endsWith('\n')) {
    const message = 'the last line does not end in a newline, so the file may be cut short; get it whole';
    return fail([{ code: 'malformed-policy', line: text.split('\n').length, message }]);
  }
  return ok(text.split('\n').slice(0, -1));
}

function hexOctet(octet: number): string {
  return `0x${octet.toString(16).padStart(2, '0')}`;
}

/** Octets as text so that different octets are different text: UTF-8 where the whole file is, else one to one. */
function decodeOctets(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return Array.from(octets, (octet) => String.fromCharCode(octet)).join('');
  }
}

/** Takes a policy's lines one after the other. */
class PolicyReader {
  readonly #hash: Hash;
  readonly #faults: PolicyFault[] = [];
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  /** Line that defined each name. A definition with a fault counts, so that its users are not faulted for it. */
  readonly #defined = new Map<string, number>();
  /** Line of the group that has each name as its member. */
  readonly #used = new Map<string, number>();
  #quorum: { readonly name: string; readonly line: number } | undefined;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  read(line: number, keyword: string, items: readonly string[]): void {
    switch (keyword) {
      case 'log':
        return this.#readLog(line, items);
      case 'witness':
        return this.#readWitness(line, items);
      case 'group':
        return this.#readGroup(line, items);
      case 'quorum':
        return this.#readQuorum(line, items);
      default:
        return this.#fault(
          'unknown-keyword',
          line,
          `begins with ${JSON.stringify(keyword)}; begin it with ${KEYWORDS}`,
        );
    }
  }

  policy(): Result<Policy, readonly PolicyFault[]> {
    const quorum = this.#quorum;
    if (quorum === undefined) {
      this.#fault('no-quorum', 0, 'the file has no quorum line; add "quorum <name>", or "quorum none"');
    }
    if (quorum === undefined || this.#faults.length > 0) {
      return fail(this.#faults);
    }
    return ok({ logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: quorum.name });
  }

  #fault(code: PolicyFault['code'], line: number, message: string): void {
    this.#faults.push({ code, line, message });
  }

  #readLog(line: number, items: readonly string[]): void {
    const [vkey, url, ...rest] = items;
    if (vkey === undefined || rest.length > 0) {
      return this.#fault('wrong-items', line, 'write it as: log <vkey> [<url>]');
    }
    const key = this.#key(line, vkey, ED25519_TYPE, this.#logs);
    if (key !== undefined) {
      this.#logs.push({ key, ...(url === undefined ? {} : { url }) });
    }
  }

  #readWitness(line: number, items: readonly string[]): void {
    const [name, vkey, url, ...rest] = items;
    if (name === undefined || vkey === undefined || rest.length > 0) {
      return this.#fault('wrong-items', line, 'write it as: witness <name> <vkey> [<url>]');
    }
    this.#define(line, name);
    const key = this.#key(line, vkey, COSIGNATURE_TYPE, this.#witnesses);
    if (key !== undefined) {
      this.#witnesses.push({ name, key, ...(url === undefined ? {} : { url }) });
    }
  }

  #readGroup(line: number, items: readonly string[]): void {
    const [name, rule, ...members] = items;
    if (name === undefined || rule === undefined || members.length === 0) {
      return this.#fault('wrong-items', line, 'write it as: group <name> all|any|<number> <name>...');
    }
    for (const member of members) {
      this.#use(line, member);
    }
    this.#define(line, name);
    const threshold = rule === 'all' ? members.length : rule === 'any' ? 1 : Number(rule);
    if (!/^(?:all|any|[1-9]\d*)$/.test(rule) || threshold > members.length) {
      const message = `${JSON.stringify(rule)} is no threshold; give all, any, or a number from 1 to ${members.length}, its members`;
      return this.#fault('bad-threshold', line, message);
    }
    this.#groups.push({ name, threshold, members });
  }

  #readQuorum(line: number, items: readonly string[]): void {
    const [name, ...rest] = items;
    if (name === undefined || rest.length > 0) {
      this.#fault('wrong-items', line, 'write it as: quorum <name>, with a group where several witnesses count');
    } else if (name !== NO_QUORUM && !this.#defined.has(name)) {
      this.#fault('undefined-name', line, `${JSON.stringify(name)} is not defined; define it on an earlier line`);
    }
    if (this.#quorum !== undefined) {
      this.#fault('second-quorum', line, `line ${this.#quorum.line} gives the quorum already; keep one of them`);
    }
    this.#quorum ??= { name: name ?? '', line };
  }

  #define(line: number, name: string): void {
    const before = this.#defined.get(name);
    if (name === NO_QUORUM) {
      this.#fault('duplicate-name', line, 'the name "none" is predefined; choose another');
    } else if (before !== undefined) {
      this.#fault('duplicate-name', line, `${JSON.stringify(name)} is defined on line ${before}; choose another name`);
    } else {
      this.#defined.set(name, line);
    }
  }

  /** A member counts once, whichever way it is reached: no name may be in two groups, or in one twice. */
  #use(line: number, name: string): void {
    const before = this.#used.get(name);
    if (!this.#defined.has(name)) {
      this.#fault('undefined-name', line, `${JSON.stringify(name)} is not defined; define it on an earlier line`);
    } else if (before !== undefined) {
      this.#fault(
        'used-twice',
        line,
        `${JSON.stringify(name)} is a member already, on line ${before}; keep one of them`,
      );
    } else {
      this.#used.set(name, line);
    }
  }

  #key(
    line: number,
    vkey: string,
    type: number,
    others: readonly { readonly key: VerifierKey }[],
  ): VerifierKey | undefined {
    const parsed = parseVerifierKey(this.#hash, vkey);
    if (!parsed.ok) {
      this.#fault('bad-key', line, parsed.fault.message);
      return undefined;
    }
    const key = parsed.value;
    if (key.type !== type) {
      const message = `${key.name} has key type ${key.type} where ${type} is needed; logs have keys of type ${ED25519_TYPE}, witnesses of type ${COSIGNATURE_TYPE}`;
      this.#fault('bad-key', line, message);
      return undefined;
    }
    const twin = others.find((other) => bytesEqual(other.key.publicKey, key.publicKey));
    if (twin !== undefined) {
      this.#fault('duplicate-key', line, `${twin.key.name} has the same public key; keep one of the lines`);
      return undefined;
    }
    return key;
  }
}
