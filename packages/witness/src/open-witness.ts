import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderDurably } from './durable-file.ts';
import { FolderLock } from './folder-lock.ts';
import { HeadStore } from './head-store.ts';
import { trustedLogs } from './trusted-logs.ts';
import { Witness } from './witness.ts';
import { WitnessError } from './witness-error.ts';
import { openWitnessKey } from './witness-key.ts';

export type WitnessOptions = {
  /** The witness's folder: key, lock and heads. Made where it is not there; held by one process. */
  readonly dir: string;
  /** Name that it cosigns under, for instance `example.org/witness`. The first start fixes it. */
  readonly name: string;
  /** Verifier keys of the logs it accepts. */
  readonly logs: readonly string[];
  /** Seconds since the epoch, for the time of a cosignature. */
  readonly clock: () => number;
};

/** An open witness without its server. `[Symbol.dispose]` lets go of the folder. */
export type OpenWitness = Disposable & { readonly witness: Witness; readonly vkey: string };

/** Opens a witness's folder, making key and folder at the first start. Throws a WitnessError that says what to do. */
export async function openWitness(options: WitnessOptions): Promise<OpenWitness> {
  const logs = trustedLogs(options.logs);
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  const lock = FolderLock.take(options.dir);
  try {
    const heads = join(options.dir, 'logs');
    const isNew = await makeHeads(heads, options.dir);
    const key = await openWitnessKey(options.dir, options.name, isNew);
    const witness = new Witness({ key, logs, heads: new HeadStore(heads, key.key), clock: options.clock });
    return { witness, vkey: key.vkey, [Symbol.dispose]: () => lock[Symbol.dispose]() };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/**
 * Makes the folder of the heads before the key, so that a key without heads is never a first start cut short but a
 * witness that forgot what it cosigned. Says whether nothing was cosigned yet.
 */
async function makeHeads(heads: string, dir: string): Promise<boolean> {
  if (!existsSync(heads) && existsSync(join(dir, 'witness.key'))) {
    throw new WitnessError(
      'state-unusable',
      `${heads} is missing but the key was in use: restore it from a copy not older than the last cosignature`,
    );
  }
  await makeFolderDurably(heads);
  return (await readdir(heads)).length === 0;
}
