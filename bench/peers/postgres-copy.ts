import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath, programVersion } from '../machine.ts';

export type PeerResult = {
  readonly name: string;
  readonly recordsPerSecond: number;
  readonly bytesPerRecord: number;
  readonly note: string;
};

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * PostgreSQL COPY of the same lines, into one jsonb column: what a home-made log table does at its fastest.
 * With `indexed`, a primary key on a sequence and an index on the time are kept as well.
 */
export async function measurePostgresCopy(file: string, count: number, indexed: boolean): Promise<PeerResult | string> {
  const postgres = programPath('postgres');
  const initdb = programPath('initdb');
  const psql = programPath('psql');
  if (!postgres || !initdb || !psql) return 'PostgreSQL is not installed (apt-get install postgresql)';
  const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-pg-'));
  const asRoot = process.getuid?.() === 0;
  const uid = asRoot ? Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' })) : undefined;
  const as = uid === undefined ? {} : { uid };
  chmodSync(dir, 0o755);
  if (uid !== undefined) chownSync(dir, uid, uid);
  const data = join(dir, 'data');
  execFileSync(initdb, ['-D', data, '-A', 'trust', '-U', 'bench'], { ...as, cwd: dir, stdio: 'ignore' });
  const port = await freePort();
  const server = spawn(
    postgres,
    ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', dir, '-c', 'max_wal_size=8GB'],
    { ...as, cwd: dir, stdio: 'ignore' },
  );
  const connection = ['-h', '127.0.0.1', '-p', String(port), '-U', 'bench', '-d', 'postgres', '-X', '-q'];
  try {
    await waitForServer(psql, connection);
    const keys = indexed ? 'id bigserial primary key, ' : '';
    sql(psql, connection, `create table access (${keys}line jsonb)`);
    if (indexed) sql(psql, connection, `create index on access ((line->>'timestamp'))`);
    const began = process.hrtime.bigint();
    // CSV with unlikely quote and delimiter bytes takes a JSON line as one value without escaping it first.
    const copy = spawn(
      psql,
      [...connection, '-c', `copy access(line) from stdin with (format csv, quote E'\\x01', delimiter E'\\x02')`],
      {
        stdio: [openSync(file, 'r'), 'ignore', 'inherit'],
      },
    );
    const [code] = await once(copy, 'close');
    if (code !== 0) return 'psql failed';
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    const bytes = Number(sql(psql, connection, `select pg_total_relation_size('access')`));
    const name = `PostgreSQL COPY into jsonb${indexed ? ', primary key and time index' : ''}`;
    return { name, recordsPerSecond: count / seconds, bytesPerRecord: bytes / count, note: programVersion(postgres) };
  } finally {
    server.kill('SIGINT');
    await once(server, 'close');
    rmSync(dir, { recursive: true, force: true });
  }
}

async function waitForServer(psql: string, connection: readonly string[]): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      sql(psql, connection, 'select 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function sql(psql: string, connection: readonly string[], statement: string): string {
  return execFileSync(psql, [...connection, '-t', '-A', '-c', statement], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}
