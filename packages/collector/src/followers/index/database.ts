import {
  BIGINT,
  BLOB,
  blobValue,
  DuckDBInstance,
  TIMESTAMP,
  timestampValue,
  USMALLINT,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { SqlParameter } from '../../query/query-sql.ts';

export type DatabaseOptions = {
  readonly memoryBytesMax: number;
  readonly threads: number;
  /** Folder that DuckDB may spill to. */
  readonly spillDir: string;
};

/** An in-memory DuckDB that neither loads extensions nor reaches for the network. */
export async function openDatabase(options: DatabaseOptions): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${options.memoryBytesMax}B`,
    threads: String(options.threads),
    temp_directory: options.spillDir,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'false',
  });
  const connection = await instance.connect();
  // Files never change once they have their name, so their footers need be read only once.
  await connection.run('SET GLOBAL parquet_metadata_cache = true');
  connection.closeSync();
  return instance;
}

/** A statement's text and the values of its `?`, in order. */
export type Statement = { readonly sql: string; readonly params: readonly SqlParameter[] };

/** Runs a statement and reads all of its rows. */
export async function readRows(connection: DuckDBConnection, { sql, params }: Statement): Promise<DuckDBValue[][]> {
  const reader = await connection.runAndReadAll(sql, params.map(boundValue), params.map(boundType));
  return reader.getRows();
}

function boundValue(parameter: SqlParameter): DuckDBValue {
  switch (parameter.type) {
    case 'text':
      return parameter.value;
    case 'integer':
      return BigInt(parameter.value);
    case 'port':
      return parameter.value;
    case 'timestamp':
      return timestampValue(BigInt(parameter.micros));
    case 'bytes':
      return blobValue(Buffer.from(parameter.hex, 'hex'));
    default:
      return parameter satisfies never;
  }
}

/** Said to DuckDB, which would take a JavaScript bigint for 128 bits wide and then compare columns at that width. */
function boundType(parameter: SqlParameter): DuckDBType {
  switch (parameter.type) {
    case 'text':
      return VARCHAR;
    case 'integer':
      return BIGINT;
    case 'port':
      return USMALLINT;
    case 'timestamp':
      return TIMESTAMP;
    case 'bytes':
      return BLOB;
    default:
      return parameter satisfies never;
  }
}

/** A text as a SQL literal; only for paths that this program makes, never for what a user wrote. */
export function pathLiteral(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}
