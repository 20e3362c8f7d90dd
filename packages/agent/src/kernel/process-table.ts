import { existsSync } from 'node:fs';
import type { Owner } from '../capture/capture-event.ts';
import { PROCESSES_MAX, PROCESS_EVICTIONS_PER_TURN } from './limits.ts';

type Entry = { readonly owner: Owner; used: boolean };

/**
 * The owners that socket events name by number. The same number always gives the same object, so that what is derived
 * from an owner can be kept by identity. A full table forgets processes that no longer run and were not named lately;
 * the owner of a standing connection still runs.
 */
export class ProcessTable {
  readonly #entries = new Map<number, Entry>();
  readonly #max: number;
  #forgotten = 0;

  constructor(max: number = PROCESSES_MAX) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Processes forgotten to make room, since the start. */
  get forgotten(): number {
    return this.#forgotten;
  }

  put(process: number, owner: Owner): void {
    this.#entries.set(process, { owner, used: true });
    if (this.#entries.size > this.#max) this.#makeRoom();
  }

  owner(process: number): Owner | undefined {
    const entry = this.#entries.get(process);
    if (entry === undefined) return undefined;
    entry.used = true;
    return entry.owner;
  }

  /** A clock hand over the entries in order of age: one used since it last passed, or running, gets another round. */
  #makeRoom(): void {
    let turns = 0;
    for (const [process, entry] of this.#entries) {
      this.#entries.delete(process);
      const keep = entry.used || existsSync(`/proc/${entry.owner.pid}`);
      if (!keep || ++turns >= PROCESS_EVICTIONS_PER_TURN) {
        this.#forgotten++;
        return;
      }
      entry.used = false;
      this.#entries.set(process, entry);
    }
  }
}
