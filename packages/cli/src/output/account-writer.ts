import type { Account, Accounts } from './account.ts';
import { groupDigits, shortDuration } from './amounts.ts';
import { csvLine } from './csv.ts';
import type { Paint, Style } from './paint.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';

const BARS = '▁▂▃▄▅▆▇█';
/** Silences and holes printed of one observer; json has them all. */
const TOLD_MAX = 5;

function lostOf({ lost }: Account): number {
  return lost.reduce((sum, [, count]) => sum + count, 0);
}

const alarm = (count: number): Style | undefined => (count > 0 ? 'red' : undefined);

const COLUMNS: readonly Column<Account>[] = [
  { title: 'OBSERVER', cell: ({ observer }) => observer, style: () => 'bold', cut: 'middle', widthMin: 12 },
  { title: 'SIGNED', cell: ({ signed }) => (signed ? 'yes' : 'no'), dropRank: 3 },
  { title: 'CAPTURE', cell: ({ mode }) => mode, dropRank: 2 },
  { title: 'RUNS', cell: ({ sessions }) => String(sessions), align: 'right', dropRank: 4 },
  { title: 'SEEN', cell: ({ seen }) => groupDigits(seen), align: 'right' },
  { title: 'DELIVERED', cell: ({ delivered }) => groupDigits(delivered), align: 'right' },
  { title: 'LOST', cell: (row) => groupDigits(lostOf(row)), align: 'right', style: (row) => alarm(lostOf(row)) },
  {
    title: 'MISSING',
    cell: ({ missing }) => groupDigits(missing),
    align: 'right',
    style: ({ missing }) => alarm(missing),
  },
  {
    title: 'SILENT',
    cell: ({ silentMs }) => (silentMs === 0 ? '-' : shortDuration(silentMs * 1_000)),
    align: 'right',
    style: ({ silentMs }) => alarm(silentMs),
  },
  {
    title: 'CLOCK OFF',
    cell: ({ clockOffsetMicros }) => (clockOffsetMicros === 0 ? '-' : shortDuration(clockOffsetMicros)),
    align: 'right',
    dropRank: 5,
  },
];

/** A table of all, then each observer's timeline and what there is to explain. */
export function accountLines({ from, to, observers }: Accounts, paint: Paint, columns: number | undefined): string[] {
  const range = `${shownTime(from)} to ${shownTime(to)} UTC`;
  if (observers.length === 0) return [`no observer was heard from ${range}`];
  const details = observers.flatMap((account) => ['', ...detailLines(account, paint)]);
  return [paint('dim', range), ...tableLines(COLUMNS, observers, paint, columns), ...details];
}

function detailLines(account: Account, paint: Paint): string[] {
  const { observer, covers, misses, lost, holes, silences, chainBreaks, stopped } = account;
  const lines = [
    `${paint('bold', observer)}${stopped ? paint('dim', '  stopped') : ''}`,
    `  ${timeline(account, paint)}`,
  ];
  if (covers !== '') lines.push(paint('dim', `  covers: ${covers}`));
  if (misses !== '') lines.push(paint('dim', `  misses: ${misses}`));
  for (const [cause, count] of lost) lines.push(paint('red', `  lost: ${groupDigits(count)}, ${cause}`));
  lines.push(
    ...some(holes, ({ session, from, to }) => `  never came: ${session} ${range(from, to)}`).map((line) =>
      paint('red', line),
    ),
  );
  lines.push(
    ...some(silences, (silence) => `  silent: ${shownTime(silence.from)} to ${shownTime(silence.to)}`).map((line) =>
      paint('red', line),
    ),
  );
  if (chainBreaks > 0) lines.push(paint('yellow', `  its chain of signatures was begun anew: ${chainBreaks}`));
  return lines;
}

function range(from: number, to: number): string {
  return to === from + 1 ? String(from) : `${from}–${to - 1}`;
}

function some<T>(all: readonly T[], lineOf: (one: T) => string): string[] {
  const shown = all.slice(0, TOLD_MAX).map(lineOf);
  return all.length > TOLD_MAX ? [...shown, `  … and ${all.length - TOLD_MAX} more: --format json`] : shown;
}

/** How much came when, as bars; `×` where nothing was heard that should have been. */
function timeline({ timeline: slots }: Account, paint: Paint): string {
  const most = Math.max(1, ...slots.map(({ delivered }) => delivered));
  return slots
    .map(({ delivered, silent }) => {
      if (silent >= 0.5) return paint('red', '×');
      if (delivered === 0) return paint('dim', '·');
      const height = Math.ceil((Math.log1p(delivered) / Math.log1p(most)) * BARS.length);
      return BARS[Math.max(0, height - 1)] ?? '█';
    })
    .join('');
}

function shownTime(time: string): string {
  return time.slice(0, 19).replace('T', ' ');
}

const CSV_NAMES = [
  'observer',
  'from',
  'to',
  'signed',
  'mode',
  'sessions',
  'seen',
  'delivered',
  'lost',
  'lost_by_cause',
  'missing',
  'holes',
  'silent_ms',
  'silences',
  'clock_offset_max_us',
  'chain_breaks',
  'stopped',
  'covers',
  'misses',
];

export function accountCsv({ from, to, observers }: Accounts): string[] {
  const rows = observers.map((account) => [
    account.observer,
    from,
    to,
    String(account.signed),
    account.mode,
    String(account.sessions),
    String(account.seen),
    String(account.delivered),
    String(lostOf(account)),
    account.lost.map(([cause, count]) => `${cause}=${count}`).join('; '),
    String(account.missing),
    account.holes.map((hole) => `${hole.session} ${range(hole.from, hole.to)}`).join('; '),
    String(account.silentMs),
    account.silences.map((silence) => `${silence.from}/${silence.to}`).join('; '),
    String(account.clockOffsetMicros),
    String(account.chainBreaks),
    String(account.stopped),
    account.covers,
    account.misses,
  ]);
  return [CSV_NAMES, ...rows].map(csvLine);
}
