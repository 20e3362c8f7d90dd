/** How times are shown. Kept in the browser. */
export type TimeZoneMode = 'local' | 'utc';
export type TimeMode = 'absolute' | 'relative';

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

export type ShownTime = { readonly date: string; readonly time: string };

/** Day and time of day, to the millisecond, of a record's RFC 3339 timestamp. */
export function splitTime(timestamp: string, zone: TimeZoneMode): ShownTime {
  if (zone === 'utc') return { date: timestamp.slice(0, 10), time: timestamp.slice(11, 23) };
  const at = new Date(timestamp);
  if (Number.isNaN(at.getTime())) return { date: timestamp, time: '' };
  return {
    date: `${pad(at.getFullYear(), 4)}-${pad(at.getMonth() + 1, 2)}-${pad(at.getDate(), 2)}`,
    time: `${pad(at.getHours(), 2)}:${pad(at.getMinutes(), 2)}:${pad(at.getSeconds(), 2)}.${pad(at.getMilliseconds(), 3)}`,
  };
}

/** `12 s ago`; a clock that runs ahead shows as `in 3 s`. */
export function relativeTime(atMs: number, nowMs: number): string {
  const ageMs = nowMs - atMs;
  const size = Math.abs(ageMs);
  if (size < 1_000) return 'now';
  const text =
    size < 60_000
      ? `${Math.floor(size / 1_000)} s`
      : size < 3_600_000
        ? `${Math.floor(size / 60_000)} min`
        : size < 86_400_000
          ? `${Math.floor(size / 3_600_000)} h`
          : `${Math.floor(size / 86_400_000)} d`;
  return ageMs < 0 ? `in ${text}` : `${text} ago`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** SI units, three figures at most: `812 B`, `1.2 kB`, `34 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const figures = unit > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
  return `${figures} ${BYTE_UNITS[unit] ?? 'B'}`;
}

/** From microseconds: `850 µs`, `1.2 ms`, `3.4 s`, `2 min 5 s`, `3 h 12 min`. */
export function formatDuration(micros: number): string {
  if (micros < 1_000) return `${micros} µs`;
  if (micros < 999_500) return `${trim(micros / 1_000)} ms`;
  const seconds = micros / 1_000_000;
  if (seconds < 59.95) return `${trim(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}

function trim(value: number): string {
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

const COUNT_FORMAT = new Intl.NumberFormat('en-US');

export function formatCount(count: number): string {
  return COUNT_FORMAT.format(count);
}

/** `10.0.0.7:5432`, `[2001:db8::1]:443`; an absent part is left out. */
export function formatEndpoint(ip: string | undefined, port: number | undefined): string {
  if (ip === undefined) return port === undefined ? '' : `:${port}`;
  const host = ip.includes(':') && port !== undefined ? `[${ip}]` : ip;
  return port === undefined ? host : `${host}:${port}`;
}

/** The file name of an executable's path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `2026-11-22T14:36` in the reader's zone or UTC, as a datetime-local input takes it. */
export function inputTime(atMs: number, zone: TimeZoneMode): string {
  const { date, time } = splitTime(new Date(atMs).toISOString(), zone);
  return `${date}T${time.slice(0, 8)}`;
}

/** The reverse of inputTime; NaN when the text is no time. */
export function inputTimeMs(text: string, zone: TimeZoneMode): number {
  return Date.parse(zone === 'utc' ? `${text}Z` : text);
}
