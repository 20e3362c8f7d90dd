import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LedgerError } from './ledger-shapes.ts';

/**
 * Holds a data folder for one process. The lock is the kernel's, on an otherwise empty SQLite file: it goes with the
 * process however that ends, and it works between containers, where process ids say nothing. `lock.pid` only serves
 * the message.
 */
export class DataLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  static take(dir: string): DataLock {
    const pidPath = join(dir, 'lock.pid');
    const database = new DatabaseSync(join(dir, 'lock'), { timeout: 0 });
    try {
      database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw new LedgerError(
        'ledger-locked',
        `${dir} is in use by ${holder(pidPath)}: stop it, or give another data folder`,
        error,
      );
    }
    writeFileSync(pidPath, `${process.pid}\n`);
    return new DataLock(database);
  }

  release(): void {
    this.#database.close();
  }
}

function holder(pidPath: string): string {
  try {
    return `process ${readFileSync(pidPath, 'utf8').trim()}`;
  } catch {
    return 'another process';
  }
}
