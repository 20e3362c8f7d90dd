import {
  HASH_BYTES,
  TILE_WIDTH,
  TileEdge,
  TreeReader,
  bytesEqual,
  decodeEntryBundle,
  entriesPath,
  leafHash,
  microsFromTimestamp,
  parseManifest,
} from '@portledger/format';
import type { BlockManifest, Stage } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { LedgerDisk } from './ledger-disk.ts';
import { SESSIONS_MAX, SNAPSHOT_BLOCKS } from './limits.ts';
import type { SegmentEnd } from './segment-frames.ts';
import { SessionTable } from './session-table.ts';
import { readSnapshot, writeSnapshot } from './session-snapshot.ts';
import type { Snapshot } from './session-snapshot.ts';
import { tilesOnDisk } from './stored-edge.ts';

/** What follows from the manifests under the published checkpoint, kept up as rounds are published. */
export class SealedTree {
  size: number;
  root: Uint8Array;
  note: string;
  records = 0;
  sessions = new SessionTable(SESSIONS_MAX);
  readonly segments = new Map<string, SegmentEnd>();
  readonly #home: LedgerDisk;
  #snapshotSize = 0;

  /** `home` is the data folder, where the snapshot lives: it is a cache and no part of the ledger. */
  constructor(home: LedgerDisk, head: { readonly size: number; readonly root: Uint8Array; readonly note: string }) {
    this.#home = home;
    this.size = head.size;
    this.root = head.root;
    this.note = head.note;
  }

  /** Reads the manifests that the snapshot doesn't cover. Returns what is wrong where one can't be read. */
  load(disk: LedgerDisk): string | undefined {
    const snapshot = readSnapshot(this.#home);
    let block = 0;
    if (snapshot !== undefined && this.#covers(disk, snapshot)) {
      block = snapshot.size;
      this.#snapshotSize = snapshot.size;
      this.records = snapshot.records;
      this.sessions = new SessionTable(SESSIONS_MAX, snapshot.sessions);
      for (const [className, end] of snapshot.segments) this.segments.set(className, end);
    }
    const edge = edgeAt(disk, block, this.size);
    if (edge === undefined) return `the tiles of the tree of ${block} are missing`;
    while (block < this.size) {
      const index = Math.floor(block / TILE_WIDTH);
      const width = Math.min(TILE_WIDTH, this.size - index * TILE_WIDTH);
      const bytes = disk.read(entriesPath(index, width));
      const entries = bytes === undefined ? undefined : decodeEntryBundle(bytes);
      if (entries?.length !== width) return `the manifests in ${entriesPath(index, width)} are missing or damaged`;
      for (const entry of entries.slice(block % TILE_WIDTH)) {
        const manifest = parseManifest(Buffer.from(entry).toString());
        if (!manifest.ok || manifest.value.block !== block) return `the manifest of block ${block} is damaged`;
        this.#take(manifest.value);
        edge.append(leafHash(nodeSha256, entry));
        block++;
      }
    }
    // What streams the ledger holds follows from these manifests: a wrong one would take new records for held ones.
    return bytesEqual(edge.root(), this.root)
      ? undefined
      : 'the stored manifests do not give the root of the checkpoint';
  }

  /** Whether a snapshot is of this very tree: its root must be what the stored tiles give for its size. */
  #covers(disk: LedgerDisk, snapshot: Snapshot): boolean {
    if (snapshot.size > this.size) return false;
    const root = new TreeReader(tilesOnDisk(disk, this.size), nodeSha256).root(snapshot.size);
    return root !== undefined && bytesEqual(root, snapshot.root);
  }

  /** Takes over a published round. */
  advance(manifests: readonly BlockManifest[], stage: Stage, note: string): void {
    for (const manifest of manifests) this.#take(manifest);
    this.size = stage.size;
    this.root = stage.root;
    this.note = note;
    if (this.size - this.#snapshotSize >= SNAPSHOT_BLOCKS) this.saveSnapshot();
  }

  #take(manifest: BlockManifest): void {
    this.records += manifest.count;
    for (const batch of manifest.batches) this.sessions.add(batch, batch.count);
    const startedMicros =
      manifest.offset === 0
        ? (microsFromTimestamp(manifest.sealed) ?? 0)
        : (this.segments.get(manifest.class)?.startedMicros ?? 0);
    this.segments.set(manifest.class, {
      segment: manifest.segment,
      end: manifest.offset + manifest.frame_bytes,
      startedMicros,
    });
  }

  /** Writes the snapshot. It is only a cache: where it can't be written, the next opening parses more manifests. */
  saveSnapshot(): void {
    if (this.#snapshotSize === this.size) return;
    const { size, root, records } = this;
    const snapshot = { size, root, records, sessions: this.sessions.rows(), segments: [...this.segments] };
    if (writeSnapshot(this.#home, snapshot)) this.#snapshotSize = size;
  }
}

/** The right edge that the tree had at an earlier size; undefined where a tile of the tree of `size` leaves is missing. */
function edgeAt(disk: LedgerDisk, earlier: number, size: number): TileEdge | undefined {
  const readTile = tilesOnDisk(disk, size);
  const levels: Uint8Array[] = [];
  for (let level = 0, span = 1; span <= earlier; level++, span *= TILE_WIDTH) {
    const bytes = (Math.floor(earlier / span) % TILE_WIDTH) * HASH_BYTES;
    const tile = bytes === 0 ? new Uint8Array(0) : readTile(level, Math.floor(earlier / (span * TILE_WIDTH)));
    if (tile === undefined || tile.length < bytes) return undefined;
    levels.push(tile.subarray(0, bytes));
  }
  return new TileEdge(nodeSha256, earlier, levels);
}
