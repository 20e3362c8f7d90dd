import { zstdDecompressSync } from 'node:zlib';
import {
  TILE_WIDTH,
  TileEdge,
  decodeEntryBundle,
  encodeBase64,
  entriesPath,
  leafHash,
  parseCheckpoint,
  parseManifest,
  parseNote,
  segmentPath,
  verifyLedger,
} from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { nodeVerifyTools } from '../verify-folder.ts';
import { VerifyPool } from '../verify-pool.ts';
import type { SignedHeads } from './inline-sealing.ts';
import type { MemoryDisk } from './memory-disk.ts';
import type { SimulatedFollower } from './simulated-follower.ts';
import { addressText } from './simulated-follower.ts';
import type { SimulatedSender } from './simulated-sender.ts';

const tools = { ...nodeVerifyTools(new VerifyPool(0)), pause: () => Promise.resolve() };

/** What an audit compares. */
export type Audited = {
  readonly disk: MemoryDisk;
  readonly signed: SignedHeads;
  readonly senders: readonly SimulatedSender[];
  readonly follower: SimulatedFollower;
};

function sizeOf(disk: MemoryDisk): number {
  const note = parseNote(Buffer.from(disk.peek('checkpoint') ?? '').toString());
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : undefined;
  if (checkpoint?.ok !== true) throw new Error('there is no checkpoint');
  return checkpoint.value.size;
}

/** Reads a ledger that has nothing unsealed and throws where it breaks a promise. Remembers what was once published. */
export class LedgerAudit {
  /** Manifests as they were first published. */
  readonly #manifests: string[] = [];
  /** Root of the tree of each size. */
  readonly #roots = new Map<number, string>();
  readonly #edge = new TileEdge(nodeSha256);
  readonly #lines = new Map<string, string>();
  readonly #addresses = new Map<string, string>();

  async run({ disk, signed, senders, follower }: Audited): Promise<void> {
    const report = await verifyLedger(disk.files(), tools, {});
    // The senders leave numbers out on purpose: such a hole is the sender's, and `verify` is right to name it.
    const finding = report.findings.find(({ code }) => code !== 'sequence-hole');
    if (finding !== undefined) throw new Error(`verify: ${JSON.stringify(finding)}`);
    this.#readOn(disk, sizeOf(disk));
    this.#checkSigned(signed);
    for (const sender of senders) this.#checkSender(sender);
    this.#checkFollower(follower);
  }

  /** Takes in what was published since, and checks that what was published before still is. */
  #readOn(disk: MemoryDisk, size: number): void {
    if (size < this.#manifests.length) throw new Error(`${size} blocks where ${this.#manifests.length} were published`);
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
      const entries = decodeEntryBundle(disk.peek(entriesPath(index, width)) ?? new Uint8Array(0)) ?? [];
      entries.forEach((entry, at) => {
        const block = index * TILE_WIDTH + at;
        const text = Buffer.from(entry).toString();
        const before = this.#manifests[block];
        if (before === undefined) this.#takeBlock(disk, text);
        else if (before !== text) throw new Error(`block ${block} was published as another`);
      });
    }
    this.#roots.set(0, encodeBase64(new TileEdge(nodeSha256).root()));
  }

  #takeBlock(disk: MemoryDisk, text: string): void {
    const manifest = parseManifest(text);
    if (!manifest.ok) throw new Error(`a manifest is damaged: ${text}`);
    const { block, offset, frame_bytes, count } = manifest.value;
    const segment = disk.peek(segmentPath(manifest.value.class, manifest.value.segment)) ?? new Uint8Array(0);
    const lines = zstdDecompressSync(segment.subarray(offset, offset + frame_bytes))
      .toString()
      .trimEnd()
      .split('\n');
    if (lines.length !== count) throw new Error(`block ${block} has ${lines.length} lines, not ${count}`);
    lines.forEach((line, position) => {
      const address = addressText(block, position);
      const twice = this.#addresses.get(line);
      if (twice !== undefined) throw new Error(`the record at ${address} is at ${twice} too: ${line}`);
      this.#addresses.set(line, address);
      this.#lines.set(address, line);
    });
    this.#manifests.push(text);
    this.#edge.append(leafHash(nodeSha256, Buffer.from(text)));
    this.#roots.set(this.#edge.size, encodeBase64(this.#edge.root()));
  }

  #checkSigned(signed: SignedHeads): void {
    for (const [size, roots] of signed) {
      if (roots.size !== 1) throw new Error(`two roots were signed for size ${size}: ${[...roots].join(', ')}`);
      const [root] = roots;
      const published = this.#roots.get(size);
      if (published !== undefined && published !== root)
        throw new Error(`what was signed for size ${size} is not what was published`);
    }
    if (!signed.has(this.#manifests.length)) throw new Error(`size ${this.#manifests.length} was published unsigned`);
  }

  #checkSender({ session, sent, acknowledged }: SimulatedSender): void {
    const held = new Map<number, string>();
    let last = -1;
    for (const [address, line] of this.#lines) {
      if (!line.includes(`"session":"${session}"`)) continue;
      const seq = Number(/"seq":(\d+)/.exec(line)?.[1]);
      if (seq >= sent) throw new Error(`${session} ${seq} at ${address} was never sent`);
      // What was sent late fills holes; what was sent in order stands in order.
      if (seq < last) throw new Error(`${session} ${seq} at ${address} stands after ${last}`);
      last = seq;
      held.set(seq, address);
    }
    for (const { firstSeq, count, appended } of acknowledged) {
      for (let seq = firstSeq; seq < firstSeq + count; seq++)
        if (!held.has(seq)) throw new Error(`${session} ${seq} was acknowledged and is lost`);
      for (const { block, position, count: run } of appended.addresses) {
        for (let at = position; at < position + run; at++) {
          const line = this.#lines.get(addressText(block, at)) ?? '';
          const seq = Number(/"seq":(\d+)/.exec(line)?.[1]);
          const isHere = line.includes(`"session":"${session}"`) && seq >= firstSeq && seq < firstSeq + count;
          if (!isHere)
            throw new Error(
              `${session} ${firstSeq}+${count} was acknowledged at ${block}:${at}, where there is ${line}`,
            );
        }
      }
    }
  }

  #checkFollower(follower: SimulatedFollower): void {
    if (follower.fault !== undefined) throw new Error(`a follower was ${follower.fault}`);
    for (const [address, line] of follower.lines) {
      if (this.#lines.get(address) !== line)
        throw new Error(`a follower has read at ${address} what the ledger does not hold: ${line}`);
    }
  }

  get records(): number {
    return this.#lines.size;
  }

  get blocks(): number {
    return this.#manifests.length;
  }
}
