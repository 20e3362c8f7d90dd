import type { DuckDBConnection } from '@duckdb/node-api';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import type { FollowedChunk } from '../ledger-source.ts';
import { HotTable } from './hot-table.ts';
import { HOT_TABLE_RECORDS_MIN } from './limits.ts';
import type { PartitionRange } from './partition.ts';
import type { AppendedRows, RowBatch } from './row-batch.ts';
import type { RecordSource, SourceSet } from './source-set.ts';

type Held = { readonly table: HotTable; visible: number; lowMicros: number; highMicros: number };

/** How many spans of single batches fit into the whole set's before its records count as out of order. */
const DISORDER_MAX = 4;

/** Records that are not in a Parquet file yet: a run of in-memory tables that will become one file. */
export class HotSet {
  readonly #connection: DuckDBConnection;
  readonly #sources: SourceSet;
  readonly #namePrefix: string;
  readonly #drop: (table: string) => void;
  readonly #retire: (() => void)[] = [];
  readonly #tables: Held[] = [];
  #open: Held | undefined;
  #pending = 0;
  #lowMicros = Infinity;
  #highMicros = -Infinity;
  #spanMicros = 0;
  #batches = 0;
  readonly first: Cursor;
  next: Cursor;
  readonly startedMs: number;
  records = 0;

  constructor(
    connection: DuckDBConnection,
    sources: SourceSet,
    namePrefix: string,
    first: Cursor,
    drop: (table: string) => void,
  ) {
    this.#drop = drop;
    this.#connection = connection;
    this.#sources = sources;
    this.#namePrefix = namePrefix;
    this.first = first;
    this.next = first;
    this.startedMs = performance.now();
  }

  /** Rows appended that a search does not find yet. */
  get pending(): number {
    return this.#pending;
  }

  get range(): PartitionRange {
    return { first: this.first, next: this.next };
  }

  /** Whether event times jump about so much that a file in this order could not be pruned by time. */
  get disordered(): boolean {
    return (
      this.#batches > DISORDER_MAX &&
      this.#spanMicros / this.#batches > (this.#highMicros - this.#lowMicros) / DISORDER_MAX
    );
  }

  async append(batch: RowBatch, chunk: FollowedChunk, from: number): Promise<number> {
    const read = batch.read(chunk, from);
    if (this.#open?.table.has(batch.columns) === false) this.seal();
    const held = (this.#open ??= await this.#openTable(batch.columns));
    batch.handOver(held.table);
    this.#note(held, read);
    this.next = { block: chunk.block, position: chunk.position + from + read.rows };
    return read.rows;
  }

  async #openTable(columns: ReadonlySet<number>): Promise<Held> {
    const table = await HotTable.open(this.#connection, `${this.#namePrefix}_${this.#tables.length}`, columns);
    const held: Held = { table, visible: 0, lowMicros: Infinity, highMicros: -Infinity };
    this.#tables.push(held);
    const { select } = table;
    const source = (): RecordSource => ({
      kind: 'table',
      select,
      records: held.visible,
      lowMicros: held.lowMicros,
      highMicros: held.highMicros,
    });
    this.#retire.push(this.#sources.add(source, () => this.#drop(table.name)));
    return held;
  }

  #note(held: Held, { rows, lowMicros, highMicros }: AppendedRows): void {
    this.#pending += rows;
    this.records += rows;
    this.#batches += 1;
    this.#spanMicros += highMicros - lowMicros;
    // Bounds may be wider than what is visible yet, never narrower.
    held.lowMicros = Math.min(held.lowMicros, lowMicros);
    held.highMicros = Math.max(held.highMicros, highMicros);
    this.#lowMicros = Math.min(this.#lowMicros, lowMicros);
    this.#highMicros = Math.max(this.#highMicros, highMicros);
  }

  /** Makes every appended row visible to searches. */
  show(): void {
    const held = this.#open;
    if (this.#pending === 0 || held === undefined) return;
    held.table.appender.flushSync();
    held.visible += this.#pending;
    this.#pending = 0;
    if (held.visible >= HOT_TABLE_RECORDS_MIN) this.#closeTable();
  }

  #closeTable(): void {
    this.#open?.table.appender.closeSync();
    this.#open = undefined;
  }

  /** The set as a table expression, for writing it out. */
  from(): string {
    return `(${this.#tables.map(({ table }) => table.select).join(' UNION ALL ')})`;
  }

  /** Shows what is left and closes the open table. */
  seal(): void {
    this.show();
    this.#closeTable();
  }

  /** Gives the tables up; they are dropped once no search reads them. */
  retire(): void {
    for (const retire of this.#retire.splice(0)) retire();
  }
}
