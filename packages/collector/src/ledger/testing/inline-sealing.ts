import { generateKeyPairSync } from 'node:crypto';
import { DiskError } from '../ledger-disk.ts';
import { LedgerError } from '../ledger-shapes.ts';
import type { Ledger, RecoveryNotice } from '../ledger-shapes.ts';
import { openWith } from '../ledger.ts';
import { KeyFileSigner } from '../log-signer.ts';
import { Recovery } from '../recovery.ts';
import type { Sealer } from '../sealer.ts';
import type { RoundJob, SealOutcome, SealedState, SealingPort } from '../sealing-port.ts';
import type { MemoryDisk } from './memory-disk.ts';

export const TEST_ORIGIN = 'test.example/portledger/log';
export const testSigner = new KeyFileSigner(generateKeyPairSync('ed25519').privateKey, TEST_ORIGIN);

/** Any moment will do, as long as it stays the same for a scenario. */
export const TEST_MICROS = 1_795_000_000_000_000;

/** What a test remembers across restarts: every tree head ever signed. */
export type SignedHeads = Map<number, Set<string>>;

/** The sealing side on the test's own thread and disk. */
class InlineSealing implements SealingPort {
  readonly #disk: MemoryDisk;
  readonly #signed: SignedHeads;
  readonly #clock: () => number;
  #sealer: Sealer | undefined;

  constructor(disk: MemoryDisk, signed: SignedHeads, clock: () => number) {
    this.#disk = disk;
    this.#signed = signed;
    this.#clock = clock;
  }

  async recover(): Promise<SealedState> {
    const onSigned = (size: number, root: string): void => {
      this.#signed.set(size, (this.#signed.get(size) ?? new Set()).add(root));
    };
    try {
      const opened = new Recovery({
        disk: this.#disk,
        home: this.#disk.home(),
        signer: testSigner,
        onSigned,
        nowMicros: this.#clock() + this.#signed.size * 1_000_003, // another time each try: a root must not depend on luck
      }).run();
      this.#sealer = opened.sealer;
      return opened.state;
    } catch (error) {
      if (error instanceof DiskError) throw new LedgerError('not-writable', error.message, error);
      throw error;
    }
  }

  async seal(round: RoundJob): Promise<SealOutcome> {
    try {
      if (this.#sealer === undefined) throw new Error('seal before recover');
      return { ok: true, value: this.#sealer.seal(round) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { ok: false, fault: { code: error instanceof DiskError ? error.code : 'io', message } };
    }
  }

  async close(): Promise<void> {
    this.#sealer?.close();
    this.#sealer = undefined;
  }
}

export type InlineOptions = {
  readonly onNotice?: (notice: RecoveryNotice) => void;
  /** Epoch microseconds; by default a clock that goes on by a millisecond each time it is asked. */
  readonly clock?: () => number;
};

/** Opens a ledger on a disk in memory. Rounds close only when asked to. */
export function openOn(disk: MemoryDisk, signed: SignedHeads, options: InlineOptions = {}): Promise<Ledger> {
  let micros = TEST_MICROS;
  const clock = options.clock ?? (() => (micros += 1_000));
  if (disk.peek('vkey') === undefined) disk.set('vkey', Buffer.from(`${testSigner.vkey}\n`));
  return openWith(
    {
      folder: '/nowhere',
      files: disk.blockFiles(),
      disk,
      sealing: new InlineSealing(disk, signed, clock),
      clock,
      sealIntervalMs: 1_000_000,
      release: () => undefined,
    },
    options.onNotice,
  );
}
