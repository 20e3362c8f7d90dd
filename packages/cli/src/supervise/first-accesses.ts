import { runningClient } from '../connection/collector-target.ts';
import { steadyLiveEvents } from '../connection/live-hits.ts';
import type { Invocation } from '../invocation.ts';
import { FIRST_LINES_MAX } from '../limits.ts';
import { accessColumns } from '../output/access-columns.ts';
import type { Hit } from '../output/hit.ts';
import { headerLine, layOut, rowLine } from '../output/table.ts';

/** Accesses, and nothing that the product says of itself. */
export const ACCESSES_QUERY =
  '(action:connection-* OR action:listener-* OR action:request OR action:flow-observed OR action:login*)';

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
    pid: 1_234_567,
    exe: '/usr/lib/postgresql/17/bin/postgres',
    src_ip: '192.168.100.100',
    src_port: 50_000,
    dest_ip: '192.168.100.100',
    dest_port: 50_000,
    bytes_out: 999_000,
    bytes_in: 999_000,
    duration_us: 999_000,
  },
};

/** Prints the first accesses as they are seen, then says how to go on. */
export async function showFirstAccesses(invocation: Invocation, dataDir: string, stop: AbortSignal): Promise<void> {
  const { terminal } = invocation;
  const { paint } = terminal;
  const client = await runningClient(dataDir);
  if (client === undefined || stop.aborted) return;
  terminal.out(`  ${paint('dim', `the first ${FIRST_LINES_MAX} accesses as they happen; Ctrl-C stops`)}`);
  const laid = layOut(
    accessColumns('clock').slice(0, -1),
    [TYPICAL],
    terminal.outColumns === undefined ? undefined : terminal.outColumns - 2,
  );
  terminal.out(`  ${headerLine(laid, paint)}`);
  let shown = 0;
  for await (const event of steadyLiveEvents(client, ACCESSES_QUERY, stop, () => undefined)) {
    if (event.kind !== 'hit') continue;
    terminal.out(`  ${rowLine(laid, event.hit, paint)}`);
    shown += 1;
    if (shown >= FIRST_LINES_MAX) break;
  }
  if (stop.aborted) return;
  terminal.out('');
  terminal.out(
    `  It goes on recording. ${paint('bold', 'portledger tail')} shows the rest live, ${paint('bold', 'portledger search')} finds.`,
  );
}
