import { isTimestampMicros, microsFromCivil, timestampFromMicros } from './timestamps.ts';

/** RFC 3339 with any offset and precision; a space for the T and an offset without colon are let pass. */
const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))? ?(?:[Zz]|([+-])(\d{2}):?(\d{2}))$/;
/** A time since the epoch, with a fraction. */
const EPOCH = /^(\d{1,19})(?:\.(\d+))?$/;

/**
 * Units of a time since the epoch: digits by which microseconds are finer. The magnitude decides, and the windows join
 * without overlap: below 10^10 it is seconds (to the year 2286), below 10^13 milliseconds, below 10^16 microseconds,
 * below 10^19 nanoseconds (each of the three from 26 April 1970 to 2286).
 */
const EPOCH_UNITS = [
  { below: 10n ** 10n, shift: 6 },
  { below: 10n ** 13n, shift: 3 },
  { below: 10n ** 16n, shift: 0 },
  { below: 10n ** 19n, shift: -3 },
] as const;

/** Microseconds of a decimal number of a unit; what is finer is cut off. Exact, being text until the end. */
function scaled(whole: string, fraction: string, shift: number): number {
  const digits = shift >= 0 ? whole + fraction.slice(0, shift).padEnd(shift, '0') : whole.slice(0, shift);
  return Number(digits === '' ? '0' : digits);
}

function microsFromEpoch(text: string): number | undefined {
  const parts = EPOCH.exec(text);
  const whole = parts?.[1];
  if (whole === undefined) {
    return undefined;
  }
  const unit = EPOCH_UNITS.find(({ below }) => BigInt(whole) < below);
  return unit === undefined ? undefined : scaled(whole, parts?.[2] ?? '', unit.shift);
}

function microsFromRfc3339(text: string): number | undefined {
  const parts = RFC_3339.exec(text);
  if (parts === null) {
    return undefined;
  }
  const minute = Number(parts[5]);
  const second = Number(parts[6]);
  const offsetMinute = Number(parts[10] ?? 0);
  const offsetHour = Number(parts[9] ?? 0);
  const isLeapSecond = second === 60 && minute === 59;
  const local = microsFromCivil({
    year: Number(parts[1]),
    month: Number(parts[2]),
    day: Number(parts[3]),
    hour: Number(parts[4]),
    minute,
    second: isLeapSecond ? 59 : second,
    micros: scaled('', parts[7] ?? '', 6),
  });
  if (local === undefined || offsetMinute > 59 || offsetHour > 23) {
    return undefined;
  }
  const offsetMicros = (offsetHour * 60 + offsetMinute) * 60_000_000 * (parts[8] === '-' ? -1 : 1);
  // The epoch has no leap seconds: as POSIX does, one is told as the second after it.
  return local - offsetMicros + (isLeapSecond ? 1_000_000 : 0);
}

/**
 * The record's timestamp from a foreign one: RFC 3339 text, or a time since the epoch as a number or its digits, in
 * seconds, milliseconds, microseconds or nanoseconds by magnitude. Precision below a microsecond is cut off. Undefined
 * for anything else, such as a local time without its offset, which could only be guessed.
 */
export function timestampFromInput(input: unknown): string | undefined {
  const text = typeof input === 'number' ? String(input) : typeof input === 'string' ? input.trim() : '';
  const micros = microsFromEpoch(text) ?? microsFromRfc3339(text);
  return micros !== undefined && isTimestampMicros(micros) ? timestampFromMicros(micros) : undefined;
}
