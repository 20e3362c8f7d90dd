import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import {
  TILE_WIDTH,
  decodeEntryBundle,
  entriesPath,
  findLineEnds,
  parseManifest,
  segmentPath,
} from '@portledger/format';
import type { BlockManifest } from '@portledger/format';
import { frameOptions } from '@portledger/format/node';
import type { BlockFiles } from './block-files.ts';
import { BUNDLES_CACHED_MAX, EDGE_READ_ATTEMPTS_MAX } from './limits.ts';

const decompress = promisify(zstdDecompress);

/** A sealed block's lines. */
export type SealedBlock = {
  readonly manifest: BlockManifest;
  readonly lines: Uint8Array;
  readonly lineEnds: Uint32Array;
};

/** Reads published blocks. Decompression runs in Node's thread pool. */
export class BlockReader {
  readonly #files: BlockFiles;
  /** Parsed bundles by index, the one used last at the end. Partial ones are read again when they have grown. */
  readonly #bundles = new Map<number, readonly Uint8Array[]>();

  constructor(files: BlockFiles) {
    this.#files = files;
  }

  /** The canonical line of a manifest. `size` is the published tree's, which must cover the block. */
  async manifestText(block: number, size: number): Promise<string> {
    const index = Math.floor(block / TILE_WIDTH);
    const place = block % TILE_WIDTH;
    const cached = this.#bundles.get(index);
    const entries = cached?.[place] === undefined ? await this.#readBundle(index, size) : cached;
    this.#bundles.delete(index);
    this.#bundles.set(index, entries);
    const oldest = this.#bundles.keys().next().value;
    if (this.#bundles.size > BUNDLES_CACHED_MAX && oldest !== undefined) this.#bundles.delete(oldest);
    const entry = entries[place];
    if (entry === undefined) throw new Error(`block ${block} is not in its entry bundle`);
    return Buffer.from(entry.buffer, entry.byteOffset, entry.length).toString();
  }

  async manifest(block: number, size: number): Promise<BlockManifest> {
    const manifest = parseManifest(await this.manifestText(block, size));
    if (!manifest.ok) throw new Error(`the manifest of block ${block} is damaged: ${manifest.fault.message}`);
    return manifest.value;
  }

  async #readBundle(index: number, size: number): Promise<readonly Uint8Array[]> {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const bytes = await this.#files.read(entriesPath(index, width));
    const entries = bytes === undefined ? undefined : decodeEntryBundle(bytes);
    if (entries === undefined) throw new MissingEdge(`entry bundle ${index} of width ${width} is missing or damaged`);
    return entries;
  }

  async read(block: number, size: number): Promise<SealedBlock> {
    return this.lines(await this.manifest(block, size));
  }

  /** A block by its manifest. */
  async lines(manifest: BlockManifest): Promise<SealedBlock> {
    const { block } = manifest;
    const frame = Buffer.allocUnsafeSlow(manifest.frame_bytes);
    const path = segmentPath(manifest.class, manifest.segment);
    if (!(await this.#files.readInto(path, manifest.offset, frame)))
      throw new Error(`${path} ends inside block ${block}`);
    const lines = await decompress(frame, frameOptions(manifest.payload_bytes));
    const lineEnds = findLineEnds(lines, manifest.count);
    if (lineEnds.length !== manifest.count)
      throw new Error(`block ${block} has ${lineEnds.length} lines, not ${manifest.count}`);
    return { manifest, lines, lineEnds };
  }
}

/** A partial tile or bundle was superseded between learning the tree's size and reading it. */
export class MissingEdge extends Error {}

/** Tries again with the tree's size as it then is: publications move the right edge while one reads it. */
export async function onMovingEdge<T>(size: () => number, read: (size: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read(size());
    } catch (error) {
      if (!(error instanceof MissingEdge) || attempt === EDGE_READ_ATTEMPTS_MAX) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
