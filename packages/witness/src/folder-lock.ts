import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { WitnessError } from './witness-error.ts';

/**
 * Holds a witness's folder for one process: two of them would each cosign by a head of their own. The lock is the
 * kernel's, on an otherwise empty SQLite file, so it goes with the process however that ends.
 */
export class FolderLock implements Disposable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Throws a WitnessError `folder-locked` where another process, or another witness of this one, holds it. */
  static take(dir: string): FolderLock {
    const database = new DatabaseSync(join(dir, 'lock'), { timeout: 0 });
    try {
      database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw new WitnessError(
        'folder-locked',
        `${dir} is in use: stop the other witness, or give another folder`,
        error,
      );
    }
    return new FolderLock(database);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
