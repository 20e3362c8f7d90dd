import { TILE_WIDTH, TreeReader, encodeBase64, parseManifest, readRecordSetProof, tilePath } from '@portledger/format';
import type { SetBlock } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { ApiClient } from '../connection/api-client.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';

/** What the API proves in one answer. */
const ADDRESSES_MAX = 256;
const BLOCKS_MAX = 32;

export type Address = { readonly block: number; readonly position: number };

/** The body of a file that the collector serves; undefined where there is none. */
export async function servedBytes(client: ApiClient, path: string, signal: AbortSignal): Promise<Uint8Array> {
  const body = await client.stream(path, { signal });
  return new Uint8Array(await new Response(body).arrayBuffer());
}

/** Paths in the tree of one size, made from the tiles that are served: all proofs of a pack are for one checkpoint. */
class ServedTree {
  readonly #client: ApiClient;
  readonly #size: number;
  readonly #signal: AbortSignal;
  readonly #tiles = new Map<string, Uint8Array>();

  constructor(client: ApiClient, size: number, signal: AbortSignal) {
    this.#client = client;
    this.#size = size;
    this.#signal = signal;
  }

  /** The reader says one after the other which tiles it lacks. */
  async path(block: number): Promise<readonly string[]> {
    for (;;) {
      const lacking = new Set<string>();
      const reader = new TreeReader((level, index) => {
        const width = Math.min(TILE_WIDTH, Math.floor(this.#size / TILE_WIDTH ** level) - index * TILE_WIDTH);
        if (width < 1) return undefined;
        const name = tilePath(level, index, width);
        const tile = this.#tiles.get(name);
        if (tile === undefined) lacking.add(name);
        return tile;
      }, nodeSha256);
      const path = reader.inclusionPath(block, this.#size);
      if (path !== undefined) return path.map(encodeBase64);
      if (lacking.size === 0) throw new Error(`block ${block} has no path in a tree of ${this.#size}`);
      for (const name of lacking)
        this.#tiles.set(name, await servedBytes(this.#client, `/ledger/${name}`, this.#signal));
    }
  }
}

/** Addresses in portions of what is proven at once, in order. */
function* portions(addresses: readonly Address[]): Generator<readonly Address[]> {
  let portion: Address[] = [];
  let blocks = new Set<number>();
  for (const address of addresses) {
    if (portion.length === ADDRESSES_MAX || (blocks.size === BLOCKS_MAX && !blocks.has(address.block))) {
      yield portion;
      portion = [];
      blocks = new Set();
    }
    portion.push(address);
    blocks.add(address.block);
  }
  if (portion.length > 0) yield portion;
}

/** The proofs of records, one line a block (or a part of one), all under the checkpoint of `size` blocks. */
export async function* proofLines(
  client: ApiClient,
  addresses: readonly Address[],
  size: number,
  signal: AbortSignal,
): AsyncGenerator<{ readonly line: string; readonly records: number }> {
  const tree = new ServedTree(client, size, signal);
  for (const portion of portions(addresses)) {
    const body = JSON.stringify({ addresses: portion });
    const request = { method: 'POST', body, contentType: 'application/json', signal } as const;
    const set = readRecordSetProof(await client.json('/v1/proofs', request));
    if (!set.ok) throw new Failure(EXIT.failed, `the collector gave no proof that can be read: ${set.fault.message}`);
    for (const block of set.value.blocks)
      yield { line: await underCheckpoint(block, tree), records: block.records.length };
  }
}

async function underCheckpoint(block: SetBlock, tree: ServedTree): Promise<string> {
  const manifest = parseManifest(block.manifest);
  if (!manifest.ok) throw new Failure(EXIT.failed, manifest.fault.message);
  return JSON.stringify({ ...block, log_path: await tree.path(manifest.value.block) });
}
