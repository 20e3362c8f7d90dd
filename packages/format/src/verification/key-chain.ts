import { openHandover } from '../key-handover.ts';
import type { KeyHandover } from '../key-handover.ts';
import type { AccessRecord } from '../record.ts';
import { formatVerifierKey } from '../verifier-key.ts';
import type { VerifierKey } from '../verifier-key.ts';
import type { LedgerFiles, VerifyTools } from './ledger-files.ts';
import { KEYS_FOLDER, handoverPath } from './ledger-paths.ts';
import type { VerifyLog } from './verify-log.ts';

/** A change of the log's key, as the handover's note tells it. Keys as verifier keys. */
export type HandoverReport = {
  readonly file: string;
  readonly size: number;
  readonly from: string;
  readonly to: string;
};

/** The keys that a log has had, as far as handovers lead from one to the next. Their roots are compared elsewhere. */
export class KeyChain {
  readonly handovers: readonly { readonly file: string; readonly handover: KeyHandover }[];

  constructor(handovers: KeyChain['handovers']) {
    this.handovers = handovers;
  }

  /** The first key, and each that another was handed over to. Empty where there was no handover. */
  get keys(): readonly VerifierKey[] {
    const [first] = this.handovers;
    return first === undefined ? [] : [first.handover.from, ...this.handovers.map(({ handover }) => handover.to)];
  }

  has(vkey: string): boolean {
    return this.keys.some((key) => formatVerifierKey(key) === vkey);
  }

  /** Whether a key still signs for a tree of that size. */
  maySign(key: VerifierKey, size: number): boolean {
    const vkey = formatVerifierKey(key);
    const handed = this.handovers.find(({ handover }) => formatVerifierKey(handover.from) === vkey);
    return handed === undefined || size <= handed.handover.size;
  }

  /** A record of the collector that tells of a new key must have its handover. */
  expect({ action, observer_kind: kind, labels = {} }: AccessRecord, log: VerifyLog): void {
    const { what, vkey } = labels;
    if (action !== 'config-changed' || kind !== 'system' || what !== 'ledger key' || vkey === undefined) return;
    if (!this.has(vkey))
      log.find(
        'handover-damaged',
        { file: KEYS_FOLDER },
        `the log went on under the key ${vkey}; its handover is missing`,
      );
  }

  report(): readonly HandoverReport[] {
    return this.handovers.map(({ file, handover: { size, from, to } }) => ({
      file,
      size,
      from: formatVerifierKey(from),
      to: formatVerifierKey(to),
    }));
  }
}

/** Reads the handovers one after the other. What does not follow from the one before ends the chain and is a finding. */
export async function readKeyChain(files: LedgerFiles, tools: VerifyTools, log: VerifyLog): Promise<KeyChain> {
  const handovers: { readonly file: string; readonly handover: KeyHandover }[] = [];
  for (;;) {
    const file = handoverPath(handovers.length + 1);
    const bytes = await files.read(file);
    if (bytes === undefined) return new KeyChain(handovers);
    const opened = await openHandover(new TextDecoder().decode(bytes), tools.hash, tools.verifyEd25519);
    const last = handovers.at(-1)?.handover;
    const isNext =
      last === undefined ||
      !opened.ok ||
      (formatVerifierKey(last.to) === formatVerifierKey(opened.value.from) && last.size <= opened.value.size);
    if (!opened.ok || !isNext) {
      const message = opened.ok ? 'this handover does not follow the one before it' : opened.fault.message;
      log.find('handover-damaged', { file }, message);
      return new KeyChain(handovers);
    }
    handovers.push({ file, handover: opened.value });
  }
}
