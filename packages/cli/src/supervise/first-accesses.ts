import { runningClient } from '../connection/collector-target.ts';
import { readRunFile } from '../connection/run-file.ts';
import type { Invocation } from '../invocation.ts';
import { FIRST_LINES_MAX, FIRST_LISTENERS_MAX } from '../limits.ts';
import { accessColumns } from '../output/access-columns.ts';
import { wrapWords } from '../output/display-width.ts';
import { fieldText } from '../output/hit.ts';
import type { Hit } from '../output/hit.ts';
import { headerLine, layOut, rowLine } from '../output/table.ts';
import { HINT_AFTER_MS } from './limits.ts';
import { liveRecords } from './live-records.ts';

const ACCESSES = 'action:connection-* OR action:listener-* OR action:request OR action:flow-observed OR action:login*';

/** Whose accesses are the product's own: `up`, agent and collector as this host's agent names them. */
export type OwnProcesses = { readonly observer: string; readonly pids: ReadonlySet<number> };

/** What happens by itself is no news: what stood before, and what the product's own processes do with each other. */
export function isForeign(hit: Hit, own: OwnProcesses): boolean {
  const { observer, pid } = hit.record;
  if (fieldText(hit, 'labels.standing') === 'true') return false;
  return observer !== own.observer || typeof pid !== 'number' || !own.pids.has(pid);
}

const GO_ON = 'It goes on recording. `portledger tail` shows the rest live, `portledger search` finds.';

/** What the columns are laid out for before the first access is known. */
const TYPICAL: Hit = {
  block: 0,
  position: 0,
  received: '',
  class: '',
  record: {
    timestamp: '2026-01-01T00:00:00.000000Z',
    action: 'listener-opened',
    user: 'www-data',
    pid: 123_456,
    exe: '/usr/lib/postgresql/17/bin/postgres',
    src_ip: '10.20.30.140',
    src_port: 50_000,
    dest_ip: '10.20.30.140',
    dest_port: 50_000,
    bytes_out: 999_000,
    bytes_in: 999_000,
    duration_us: 999_000,
  },
};

export type FirstAccesses = {
  readonly dataDir: string;
  readonly own: OwnProcesses;
  readonly stop: AbortSignal;
};

/** Prints the first accesses as they are seen, then says how to go on. */
export async function showFirstAccesses(invocation: Invocation, options: FirstAccesses): Promise<void> {
  const { terminal } = invocation;
  const { paint } = terminal;
  const { dataDir, own, stop } = options;
  const client = await runningClient(dataDir);
  const run = await readRunFile(dataDir);
  if (client === undefined || run === undefined || stop.aborted) return;
  terminal.out(`  ${paint('dim', `the first ${FIRST_LINES_MAX} accesses as they happen; Ctrl-C stops`)}`);
  const laid = layOut(
    accessColumns('clock').slice(0, -1),
    [TYPICAL],
    terminal.outColumns === undefined ? undefined : terminal.outColumns - 2,
  );
  terminal.out(`  ${headerLine(laid, paint)}`);
  const hint = setTimeout(() => {
    const how = `nothing yet; make one: ${paint('bold', `curl ${new URL('/healthz', run.url).href}`)}`;
    terminal.out(`  ${paint('dim', how)}`);
  }, HINT_AFTER_MS);
  try {
    let shown = 0;
    let listeners = 0;
    for await (const hit of liveRecords(run, ACCESSES, stop)) {
      if (!isForeign(hit, own)) continue;
      if (hit.record['action'] === 'listener-opened' && ++listeners > FIRST_LISTENERS_MAX) continue;
      clearTimeout(hint);
      terminal.out(`  ${rowLine(laid, hit, paint)}`);
      shown += 1;
      if (shown >= FIRST_LINES_MAX) break;
    }
  } finally {
    clearTimeout(hint);
  }
  if (stop.aborted) return;
  terminal.out('');
  const room = terminal.outColumns === undefined ? undefined : terminal.outColumns - 2;
  for (const text of wrapWords(GO_ON, room)) terminal.out(`  ${text}`);
}
