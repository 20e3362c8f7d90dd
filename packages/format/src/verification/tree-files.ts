import { TILE_WIDTH } from '../limits.ts';
import type { LedgerFiles, VerifyTools } from './ledger-files.ts';
import type { Stage } from './stage-format.ts';

/** Attempts at a tile of a right edge that a running ledger is just moving. */
const EDGE_ATTEMPTS_MAX = 50;

/** Reads the tiles of a tree of one size, though the ledger may have grown past it or not have laid them yet. */
export class TreeFiles {
  readonly #files: LedgerFiles;
  readonly #tools: VerifyTools;
  readonly #staged: ReadonlyMap<string, Uint8Array>;

  constructor(files: LedgerFiles, tools: VerifyTools, stages: readonly Stage[]) {
    this.#files = files;
    this.#tools = tools;
    this.#staged = new Map(stages.flatMap((stage) => stage.writes.map((write) => [write.path, write.bytes] as const)));
  }

  /**
   * The bytes of a tile or bundle. A partial one that is gone was superseded by a wider one, of which `prefix` cuts
   * out what this tree knows; that can be so only while the ledger grows, which `hasGrown` asks.
   */
  async read(
    pathOf: (width: number) => string,
    width: number,
    hasGrown: () => Promise<boolean>,
    prefix: (bytes: Uint8Array) => Uint8Array | undefined,
  ): Promise<Uint8Array | undefined> {
    for (let attempt = 0; attempt < EDGE_ATTEMPTS_MAX; attempt++) {
      const bytes = (await this.#files.read(pathOf(width))) ?? this.#staged.get(pathOf(width));
      if (bytes !== undefined) return bytes;
      if (width === TILE_WIDTH || !(await hasGrown())) return undefined;
      const wider = await this.#wider(pathOf, width);
      const cut = wider === undefined ? undefined : prefix(wider);
      if (cut !== undefined) return cut;
      await this.#tools.pause();
    }
    return undefined;
  }

  async #wider(pathOf: (width: number) => string, width: number): Promise<Uint8Array | undefined> {
    const full = await this.#files.read(pathOf(TILE_WIDTH));
    if (full !== undefined) return full;
    const folder = pathOf(width).slice(0, pathOf(width).lastIndexOf('/'));
    for (const { path } of await this.#files.list(folder)) {
      if (Number(path.slice(folder.length + 1)) > width) return this.#files.read(path);
    }
    return undefined;
  }
}
