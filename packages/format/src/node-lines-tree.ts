import { leafRow, rowAbove } from './node-lines-root.ts';

/** The whole RFC 6962 tree over a block's lines, for paths of some of them: a block of 8,192 lines takes some 5 ms. */
export class NodeLinesTree {
  readonly #rows: readonly (readonly string[])[];

  /** Scribbles over `lines`: hand it bytes that nobody needs afterwards. */
  constructor(lines: Uint8Array, lineEnds: Uint32Array) {
    const rows = [leafRow(lines, lineEnds)];
    for (let row = rows[0] ?? []; row.length > 1; rows.push(row)) row = rowAbove(row);
    this.#rows = rows;
  }

  /**
   * Inclusion path of the line at a position, from the leaf up (RFC 9162, section 2.1.3.1).
   * Throws a RangeError where there is no such line.
   */
  path(position: number): Uint8Array[] {
    const count = this.#rows[0]?.length ?? 0;
    if (!Number.isSafeInteger(position) || position < 0 || position >= count) {
      throw new RangeError(`no line ${position} in a block of ${count}`);
    }
    return this.#rows.flatMap((row, level) => {
      const sibling = row[Math.floor(position / 2 ** level) ^ 1];
      return sibling === undefined ? [] : [Buffer.from(sibling, 'latin1')];
    });
  }
}
