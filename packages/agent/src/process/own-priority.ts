import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { POLITE_NICE } from '../limits.ts';

/**
 * The priority of this whole process, for an agent that has one to itself. While it keeps up, those it watches go
 * first: the ring holds what happens until they leave it some time. When it falls behind, it takes the priority that it
 * was started with.
 */
export class OwnPriority {
  readonly #nice: number;

  private constructor(nice: number) {
    this.#nice = nice;
  }

  /** Undefined where the process may not take its priority back (it needs CAP_SYS_NICE), or was made polite already. */
  static open(): OwnPriority | undefined {
    const nice = getPriority();
    if (nice >= POLITE_NICE || nice <= constants.priority.PRIORITY_HIGHEST) return undefined;
    try {
      setPriority(nice - 1);
      setPriority(nice);
      return new OwnPriority(nice);
    } catch {
      return undefined;
    }
  }

  /** @param isPolite whether others go first */
  set(isPolite: boolean): void {
    const nice = isPolite ? POLITE_NICE : this.#nice;
    // Linux keeps a priority for each thread; new ones take that of the thread that makes them.
    for (const thread of readdirSync('/proc/self/task')) {
      try {
        setPriority(Number(thread), nice);
      } catch {
        // It has ended since.
      }
    }
  }
}
