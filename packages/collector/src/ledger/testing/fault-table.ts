import type { DiskFault } from './disk-fault.ts';
import type { FaultOutcome, FaultPhase } from './fault-run.ts';

/** Columns of the fault table, with the faults that each stands for. */
export const FAULT_COLUMNS = [
  { title: 'I/O error, whether or not it was done, or by half', faults: ['failed', 'persisted', 'torn'] },
  { title: 'disk full', faults: ['full'] },
  { title: 'read-only', faults: ['read-only'] },
  { title: 'wrong bytes', faults: ['rot'] },
] as const satisfies readonly { readonly title: string; readonly faults: readonly DiskFault[] }[];

/** A step and what the ledger does in each column; undefined where that can't happen to the step. */
type FaultRow = readonly [step: string, ...(FaultOutcome | undefined)[]];

/** The table as Markdown. */
export function faultTableText(phase: FaultPhase, rows: readonly FaultRow[]): string {
  const titles = [
    phase === 'running' ? 'step while it runs' : 'step while it opens',
    ...FAULT_COLUMNS.map(({ title }) => title),
  ];
  const lines = [titles, titles.map(() => '---'), ...rows.map((row) => row.map((cell) => cell ?? '–'))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What each step's faults lead to. The test tries every cell; docs/reliability.md shows it. */
export const FAULT_TABLE: Readonly<Record<FaultPhase, readonly FaultRow[]>> = {
  running: [
    ['create a journal', 'stops', 'pushes back', 'pushes back', undefined],
    ['write a journal', 'stops', 'pushes back', 'stops', undefined],
    ['sync a journal', 'stops', 'pushes back', 'stops', undefined],
    ['sync-folder the journals’ folder', 'stops', undefined, 'stops', undefined],
    ['read a journal', 'stops', undefined, undefined, 'stops'],
    ['mkdir the segments’ folders', 'stops', 'pushes back', 'pushes back', undefined],
    ['sync-folder the segments’ folders', 'stops', undefined, 'stops', undefined],
    ['stat a segment', 'stops', undefined, undefined, undefined],
    ['write a segment', 'stops', 'pushes back', 'pushes back', undefined],
    ['sync a segment', 'stops', 'pushes back', 'pushes back', undefined],
    ['read a segment', 'stops', undefined, undefined, 'stops'],
    ['read the checkpoint', 'stops', undefined, undefined, 'stops'],
    ['write the stage', 'stops', 'pushes back', 'pushes back', undefined],
    ['sync the stage', 'stops', 'pushes back', 'pushes back', undefined],
    ['read the stage', 'stops', undefined, undefined, 'stops'],
    ['rename the stage', 'stops', undefined, 'pushes back', undefined],
    ['sync-folder the stages’ folder', 'stops', undefined, 'stops', undefined],
    ['write the checkpoint', 'stops', 'pushes back', 'pushes back', undefined],
    ['sync the checkpoint', 'stops', 'pushes back', 'pushes back', undefined],
    ['rename the checkpoint', 'stops', undefined, 'pushes back', undefined],
    ['sync-folder the ledger’s folder', 'stops', undefined, 'stops', undefined],
    ['mkdir a tile or bundle', 'stops', 'pushes back', 'pushes back', undefined],
    ['sync-folder the tiles’ folders', 'stops', undefined, 'stops', undefined],
    ['mkdir the tiles’ folders', 'stops', 'pushes back', 'pushes back', undefined],
    ['sync-folder a tile or bundle', 'stops', undefined, 'stops', undefined],
    ['write a tile or bundle', 'stops', 'pushes back', 'pushes back', undefined],
    ['sync a tile or bundle', 'stops', 'pushes back', 'pushes back', undefined],
    ['read a tile or bundle', 'stops', undefined, undefined, 'stops'],
    ['rename a tile or bundle', 'stops', undefined, 'pushes back', undefined],
    ['unlink the stage', 'stops', undefined, 'pushes back', undefined],
    ['unlink a journal', 'stops', undefined, 'pushes back', undefined],
    ['unlink a tile or bundle', 'stops', undefined, 'pushes back', undefined],
    ['mkdir the data folder', 'goes on', 'goes on', 'goes on', undefined],
    ['sync-folder the data folder', 'goes on', undefined, 'goes on', undefined],
    ['write the sessions’ snapshot', 'goes on', 'goes on', 'goes on', undefined],
    ['sync the sessions’ snapshot', 'goes on', 'goes on', 'goes on', undefined],
    ['rename the sessions’ snapshot', 'goes on', undefined, 'goes on', undefined],
  ],
  opening: [
    ['sync-folder the ledger’s folder', 'refuses to open', undefined, 'refuses to open', undefined],
    ['read the checkpoint', 'refuses to open', undefined, undefined, 'refuses to open'],
    ['write the checkpoint', 'refuses to open', 'refuses to open', 'refuses to open', undefined],
    ['sync the checkpoint', 'refuses to open', 'refuses to open', 'refuses to open', undefined],
    ['rename the checkpoint', 'refuses to open', undefined, 'refuses to open', undefined],
    ['list the stages’ folder', 'refuses to open', undefined, undefined, undefined],
    ['read the stage', 'refuses to open', undefined, undefined, 'refuses to open'],
    ['write the stage', 'refuses to open', 'refuses to open', 'refuses to open', undefined],
    ['sync the stage', 'refuses to open', 'refuses to open', 'refuses to open', undefined],
    ['rename the stage', 'refuses to open', undefined, 'refuses to open', undefined],
    ['sync-folder the stages’ folder', 'refuses to open', undefined, 'refuses to open', undefined],
    ['read a tile or bundle', 'refuses to open', undefined, undefined, 'refuses to open'],
    ['read the sessions’ snapshot', 'goes on', undefined, undefined, 'goes on'],
    ['read a segment', 'refuses to open', undefined, undefined, 'refuses to open'],
    ['sync-folder the tiles’ folders', 'refuses to open', undefined, 'refuses to open', undefined],
    ['sync-folder a tile or bundle', 'refuses to open', undefined, 'refuses to open', undefined],
    ['write a tile or bundle', 'refuses to open', 'refuses to open', 'refuses to open', undefined],
    ['sync a tile or bundle', 'refuses to open', 'refuses to open', 'refuses to open', undefined],
    ['rename a tile or bundle', 'refuses to open', undefined, 'refuses to open', undefined],
    ['unlink a tile or bundle', 'refuses to open', undefined, 'refuses to open', undefined],
    ['unlink the stage', 'refuses to open', undefined, 'refuses to open', undefined],
    ['stat a segment', 'refuses to open', undefined, undefined, undefined],
    ['list the journals’ folder', 'refuses to open', undefined, undefined, undefined],
    ['unlink a journal', 'refuses to open', undefined, 'refuses to open', undefined],
    ['list the segments’ folders', 'refuses to open', undefined, undefined, undefined],
  ],
};
