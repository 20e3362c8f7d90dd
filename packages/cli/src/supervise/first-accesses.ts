import { runningClient } from '../connection/collector-target.ts';
import { steadyLiveEvents } from '../connection/live-hits.ts';
import type { Invocation } from '../invocation.ts';
import { FIRST_LINES_MAX, FIRST_LISTENERS_MAX } from '../limits.ts';
import { accessColumns } from '../output/access-columns.ts';
import type { Hit } from '../output/hit.ts';
import { headerLine, layOut, rowLine } from '../output/table.ts';

/** Accesses, and nothing that the product says of itself or causes by its own talk. */
function accessesQuery(url: string): string {
  return `(action:connection-* OR action:listener-* OR action:request OR action:flow-observed OR action:login*) AND NOT dest_port:${portOf(url)}`;
}

function portOf(url: string): string {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port;
}

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
  let listeners = 0;
  for await (const event of steadyLiveEvents(client, accessesQuery(client.url), stop, () => undefined)) {
    if (event.kind !== 'hit') continue;
    // The listeners that already stand come first, and on a busy host they would be all that is seen.
    if (event.hit.record['action'] === 'listener-opened' && ++listeners > FIRST_LISTENERS_MAX) continue;
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
