import { shortBytes, shortDuration } from './amounts.ts';
import { escapeControls } from './escape.ts';
import { fieldText } from './hit.ts';
import type { Hit } from './hit.ts';
import type { Style } from './paint.ts';
import type { Column } from './table.ts';

const ACTION_STYLES: Readonly<Record<string, Style>> = {
  'connection-initiated': 'cyan',
  'connection-accepted': 'green',
  'connection-refused': 'red',
  'connection-denied': 'red',
  'connection-failed': 'yellow',
  'connection-closed': 'dim',
  'login-failed': 'red',
  'records-lost': 'red',
  'alert-raised': 'red',
};

/** An IPv4 address with its port is never cut, and a common IPv6 one only when nothing else is left to give way. */
const ENDPOINT_COLUMNS = '[2001:db8:12:34::5]:51544'.length;
const ENDPOINT_COLUMNS_LEAST = '255.255.255.255:65535'.length;

/** `full` with date and milliseconds, `short` for narrow terminals, `clock` for live views: the time of day alone. */
export type TimeDetail = 'full' | 'short' | 'clock';

/** How accesses are shown when no fields are asked for. */
export function accessColumns(time: TimeDetail): readonly Column<Hit>[] {
  return [
    {
      title: time === 'clock' ? 'UTC' : 'TIME (UTC)',
      cell: (hit) => shortTime(fieldText(hit, 'timestamp'), time),
      style: () => 'dim',
    },
    {
      title: 'ACTION',
      cell: (hit) => shown(hit, 'action').replace(/^connection-/, ''),
      style: (hit) => ACTION_STYLES[fieldText(hit, 'action')],
    },
    { title: 'USER', cell: userOf, widthMin: 12, widthLeast: 6 },
    { title: 'PID', cell: (hit) => shown(hit, 'pid'), align: 'right', dropRank: 3 },
    { title: 'PROCESS', cell: processOf, cut: 'middle', widthMin: 16, dropRank: 1 },
    {
      title: 'SOURCE',
      cell: (hit) => endpoint(hit, 'src'),
      cut: 'middle',
      widthMin: ENDPOINT_COLUMNS,
      widthLeast: ENDPOINT_COLUMNS_LEAST,
    },
    { title: '', cell: (hit) => (endpoint(hit, 'dest') === '' ? '' : '→'), style: () => 'dim' },
    {
      title: 'DESTINATION',
      cell: (hit) => endpoint(hit, 'dest'),
      cut: 'middle',
      widthMin: ENDPOINT_COLUMNS,
      widthLeast: ENDPOINT_COLUMNS_LEAST,
      style: () => 'bold',
    },
    { title: 'DETAIL', cell: detailOf, widthMin: 23, dropRank: 2 },
    {
      title: 'OBSERVER',
      cell: (hit) => shown(hit, 'observer'),
      cut: 'middle',
      widthMin: 6,
      dropRank: 4,
      style: () => 'dim',
    },
  ];
}

/** Columns for fields asked for by name. */
export function fieldColumns(names: readonly string[]): readonly Column<Hit>[] {
  return names.map((name) => ({
    title: name.toUpperCase(),
    cell: (hit) => shown(hit, name),
    cut: name === 'exe' || name === 'path' || name === 'cgroup' ? 'middle' : 'end',
    widthMin: 6,
  }));
}

function shown(hit: Hit, name: string): string {
  return escapeControls(fieldText(hit, name));
}

/** `2026-11-22 14:36:49.123`: milliseconds are enough to read; the other formats carry all six digits. */
function shortTime(timestamp: string, time: TimeDetail): string {
  const match = /^\d{4}-(\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{3})/.exec(timestamp);
  if (match === null) return escapeControls(timestamp);
  const [, day = '', clock = '', millis = ''] = match;
  switch (time) {
    case 'full':
      return `${timestamp.slice(0, 10)} ${clock}${millis}`;
    case 'short':
      return `${day} ${clock}`;
    case 'clock':
      return clock + millis;
    default:
      return time satisfies never;
  }
}

function userOf(hit: Hit): string {
  const user = shown(hit, 'user');
  return user === '' && fieldText(hit, 'user_id') !== '' ? `#${shown(hit, 'user_id')}` : user;
}

function processOf(hit: Hit): string {
  return shown(hit, 'exe') || shown(hit, 'process') || shown(hit, 'service');
}

function endpoint(hit: Hit, side: 'src' | 'dest'): string {
  const host = shown(hit, `${side}_ip`) || shown(hit, `${side}_host`);
  const port = shown(hit, `${side}_port`);
  if (host === '') return port === '' ? '' : `:${port}`;
  if (port === '') return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function detailOf(hit: Hit): string {
  const parts: string[] = [];
  const request = [shown(hit, 'method'), shown(hit, 'path'), shown(hit, 'status')]
    .filter((part) => part !== '')
    .join(' ');
  if (request !== '') parts.push(request);
  const reason = shown(hit, 'reason');
  if (reason !== '') parts.push(reason);
  const { bytes_out: sent, bytes_in: received, duration_us: lasted, count } = hit.record;
  if (typeof sent === 'number' || typeof received === 'number') {
    parts.push(`↑${shortBytes(Number(sent ?? 0))} ↓${shortBytes(Number(received ?? 0))}`);
  }
  if (typeof lasted === 'number') parts.push(shortDuration(lasted));
  if (typeof count === 'number') parts.push(`×${count}`);
  return parts.join(' ');
}
