import { DuckDBDataChunk, type DuckDBAppender, type DuckDBConnection } from '@duckdb/node-api';
import { COLUMNS, columnType, createTableSql } from './columns.ts';

/**
 * An in-memory table and what is appended to it. It has only the columns that some record so far has: DuckDB spends
 * time and 256 kB on every column of a table, used or not, and a source of records uses half of them.
 */
export class HotTable {
  readonly name: string;
  /** Numbers of its columns in `COLUMNS`, ascending. */
  readonly columns: readonly number[];
  readonly chunk: DuckDBDataChunk;
  readonly appender: DuckDBAppender;

  private constructor(name: string, columns: readonly number[], appender: DuckDBAppender) {
    this.name = name;
    this.columns = columns;
    this.appender = appender;
    this.chunk = DuckDBDataChunk.create(
      columns.flatMap((number) => COLUMNS[number] ?? []).map(({ kind }) => columnType(kind)),
    );
  }

  static async open(connection: DuckDBConnection, name: string, columns: ReadonlySet<number>): Promise<HotTable> {
    const numbers = [...columns].sort((a, b) => a - b);
    await connection.run(createTableSql(name, numbers));
    return new HotTable(name, numbers, await connection.createAppender(name));
  }

  has(columns: ReadonlySet<number>): boolean {
    return columns.size === this.columns.length;
  }

  /** All columns of all records, as the other tables and the files have them. */
  get select(): string {
    const own = new Set(this.columns);
    const list = COLUMNS.map(({ name, kind }, number) =>
      own.has(number) ? `"${name}"` : `NULL::${columnType(kind).toString()} AS "${name}"`,
    );
    return `SELECT ${list.join(', ')} FROM "${this.name}"`;
  }
}
