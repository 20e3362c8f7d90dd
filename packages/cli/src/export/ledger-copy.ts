import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  CHECKPOINT_PATH,
  TILE_WIDTH,
  VKEY_PATH,
  WITNESSED_FOLDER,
  decodeEntryBundle,
  entriesPath,
  parseCheckpoint,
  parseManifest,
  parseNote,
  segmentPath,
  tilePath,
  tilesOf,
} from '@portledger/format';
import type { BlockManifest, LedgerFiles } from '@portledger/format';
import { ledgerPapers } from './ledger-papers.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';

export type LedgerCopy = { readonly size: number; readonly records: number; readonly prunedBlocks: number };

function sizeOf(note: string): number | undefined {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
  return checkpoint?.ok === true ? checkpoint.value.size : undefined;
}

async function textOf(files: LedgerFiles, name: string): Promise<string | undefined> {
  const bytes = await files.read(name);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** Writes a served ledger to a folder as it stands under one checkpoint; what is pruned stays away. */
class LedgerCopying {
  readonly #files: LedgerFiles;
  readonly #target: string;

  constructor(files: LedgerFiles, target: string) {
    this.#files = files;
    this.#target = target;
  }

  async run(onBlock: (blocks: number, ofBlocks: number) => void): Promise<LedgerCopy> {
    const witnessed = await textOf(this.#files, WITNESSED_FOLDER); // first: the checkpoint is then never behind it
    const checkpoint = (await textOf(this.#files, CHECKPOINT_PATH)) ?? '';
    const size = sizeOf(checkpoint);
    if (size === undefined) throw new Failure(EXIT.failed, 'the collector serves no checkpoint that can be read');
    let records = 0;
    let prunedBlocks = 0;
    for (const { level, index, width } of tilesOf(size)) {
      await this.#copy(tilePath(level, index, width));
      if (level > 0) continue;
      for (const manifest of this.#manifests(await this.#copy(entriesPath(index, width)), index)) {
        if (await this.#copyBlock(manifest)) records += manifest.count;
        else prunedBlocks += 1;
        onBlock(manifest.block + 1, size);
      }
    }
    if (witnessed !== undefined)
      await this.#write(`${WITNESSED_FOLDER}/${String(sizeOf(witnessed) ?? 0).padStart(12, '0')}.note`, witnessed);
    for (const { name, bytes } of await ledgerPapers(this.#files)) await this.#write(name, bytes);
    await this.#write(VKEY_PATH, (await textOf(this.#files, VKEY_PATH)) ?? '');
    await this.#write(CHECKPOINT_PATH, checkpoint); // last: a copy that broke off is no ledger
    return { size, records, prunedBlocks };
  }

  async #write(name: string, bytes: Uint8Array | string): Promise<void> {
    const file = path.join(this.#target, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes, { flag: 'wx' });
  }

  async #copy(name: string): Promise<Uint8Array> {
    const bytes = await this.#files.read(name);
    if (bytes === undefined)
      throw new Failure(EXIT.failed, `the collector does not serve ${name}`, 'run portledger verify');
    await this.#write(name, bytes);
    return bytes;
  }

  #manifests(bundle: Uint8Array, index: number): readonly BlockManifest[] {
    return (decodeEntryBundle(bundle) ?? []).map((entry, at) => {
      const manifest = parseManifest(new TextDecoder().decode(entry));
      if (manifest.ok) return manifest.value;
      throw new Failure(
        EXIT.failed,
        `the manifest of block ${index * TILE_WIDTH + at} can't be read`,
        'run portledger verify',
      );
    });
  }

  async #copyBlock({ class: className, segment, offset, frame_bytes: bytes }: BlockManifest): Promise<boolean> {
    const name = segmentPath(className, segment);
    const frame = await this.#files.readAt(name, offset, bytes);
    if (frame === undefined) return false;
    const file = path.join(this.#target, name);
    if (offset === 0) await mkdir(path.dirname(file), { recursive: true });
    await appendFile(file, frame);
    return true;
  }
}

/** Copies a ledger into an empty folder. Throws a Failure where it is not served whole. */
export function copyLedger(
  files: LedgerFiles,
  target: string,
  onBlock: (blocks: number, ofBlocks: number) => void,
): Promise<LedgerCopy> {
  return new LedgerCopying(files, target).run(onBlock);
}
