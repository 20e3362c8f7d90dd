import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import type { FollowedChunk } from '../ledger-source.ts';
import { createTableSql } from './columns.ts';
import { HOT_TABLE_RECORDS_MIN } from './limits.ts';
import type { PartitionRange } from './partition.ts';
import type { AppendedRows, RowBatch } from './row-batch.ts';
import type { RecordSource, SourceSet } from './source-set.ts';

type HotTable = { readonly name: string; visible: number; lowMicros: number; highMicros: number };

/** How many spans of single batches fit into the whole set's before its records count as out of order. */
const DISORDER_MAX = 4;

/** Records that are not in a Parquet file yet: a run of in-memory tables that will become one file. */
export class HotSet {
  readonly #connection: DuckDBConnection;
  readonly #sources: SourceSet;
  readonly #namePrefix: string;
  readonly #drop: (table: string) => void;
  readonly #retire: (() => void)[] = [];
  readonly #tables: HotTable[] = [];
  #appender: DuckDBAppender | undefined;
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
    const appender = (this.#appender ??= await this.#openTable());
    const appended = batch.append(appender, chunk, from);
    this.#note(appended);
    this.next = { block: chunk.block, position: chunk.position + from + appended.rows };
    return appended.rows;
  }

  async #openTable(): Promise<DuckDBAppender> {
    const table: HotTable = {
      name: `${this.#namePrefix}_${this.#tables.length}`,
      visible: 0,
      lowMicros: Infinity,
      highMicros: -Infinity,
    };
    await this.#connection.run(createTableSql(table.name));
    this.#tables.push(table);
    const source = (): RecordSource => ({
      kind: 'table',
      name: table.name,
      records: table.visible,
      lowMicros: table.lowMicros,
      highMicros: table.highMicros,
    });
    this.#retire.push(this.#sources.add(source, () => this.#drop(table.name)));
    return this.#connection.createAppender(table.name);
  }

  #note({ rows, lowMicros, highMicros }: AppendedRows): void {
    const table = this.#tables.at(-1);
    if (table === undefined) throw new Error('rows were appended to no table');
    this.#pending += rows;
    this.records += rows;
    this.#batches += 1;
    this.#spanMicros += highMicros - lowMicros;
    // Bounds may be wider than what is visible yet, never narrower.
    table.lowMicros = Math.min(table.lowMicros, lowMicros);
    table.highMicros = Math.max(table.highMicros, highMicros);
    this.#lowMicros = Math.min(this.#lowMicros, lowMicros);
    this.#highMicros = Math.max(this.#highMicros, highMicros);
  }

  /** Makes every appended row visible to searches. */
  show(): void {
    const table = this.#tables.at(-1);
    if (this.#pending === 0 || table === undefined) return;
    this.#appender?.flushSync();
    table.visible += this.#pending;
    this.#pending = 0;
    if (table.visible >= HOT_TABLE_RECORDS_MIN) this.#closeAppender();
  }

  #closeAppender(): void {
    this.#appender?.closeSync();
    this.#appender = undefined;
  }

  /** The set as a table expression, for writing it out. */
  from(): string {
    return `(${this.#tables.map(({ name }) => `SELECT * FROM "${name}"`).join(' UNION ALL ')})`;
  }

  /** Shows what is left and takes no more. */
  seal(): void {
    this.show();
    this.#closeAppender();
  }

  /** Gives the tables up; they are dropped once no search reads them. */
  retire(): void {
    for (const retire of this.#retire.splice(0)) retire();
  }
}
