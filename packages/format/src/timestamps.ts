import { YEAR_MAX, YEAR_MIN } from './limits.ts';

const MICROS_PER_SECOND = 1_000_000;
const SECONDS_PER_DAY = 86_400;
/** Exclusive end of the times that a timestamp can tell, in microseconds since the epoch. */
export const TIMESTAMP_MICROS_END = daysFromCivil(YEAR_MAX + 1, 1, 1) * SECONDS_PER_DAY * MICROS_PER_SECOND;

/** Days since 1970-01-01 of a proleptic Gregorian date; month counts from 1. */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year; // years begin in March, so that the leap day comes last
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Days of a month, month counting from 1; 0 for what is no month. */
export function daysInMonth(year: number, month: number): number {
  switch (month) {
    case 2:
      return isLeapYear(year) ? 29 : 28;
    case 4:
    case 6:
    case 9:
    case 11:
      return 30;
    default:
      return month >= 1 && month <= 12 ? 31 : 0;
  }
}

/** A moment as read from a text, before it is known to be one. Month and day count from 1. */
export type CivilTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
};

/** Whether a moment lies in the years that a timestamp can tell. */
export function isTimestampMicros(epochMicros: number): boolean {
  return Number.isInteger(epochMicros) && epochMicros >= 0 && epochMicros < TIMESTAMP_MICROS_END;
}

/**
 * Microseconds since the epoch, or undefined where the parts are no moment. A year on either side of those that a
 * timestamp can tell is let pass, for times in other zones.
 */
export function microsFromCivil(time: CivilTime): number | undefined {
  const { year, month, day, hour, minute, second, micros } = time;
  const valid =
    year >= YEAR_MIN - 1 &&
    year <= YEAR_MAX + 1 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59;
  if (!valid) {
    return undefined;
  }
  const seconds = daysFromCivil(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
  return seconds * MICROS_PER_SECOND + micros;
}

const CANONICAL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{6})Z$/;

/**
 * Microseconds since the epoch (a safe integer) of a timestamp in the record's own form,
 * `YYYY-MM-DDTHH:MM:SS.ffffffZ`; undefined for any other text and for moments that do not exist.
 */
export function microsFromTimestamp(text: string): number | undefined {
  const parts = text.length === 27 ? CANONICAL.exec(text) : null;
  if (parts === null) {
    return undefined;
  }
  const micros = microsFromCivil({
    year: Number(parts[1]),
    month: Number(parts[2]),
    day: Number(parts[3]),
    hour: Number(parts[4]),
    minute: Number(parts[5]),
    second: Number(parts[6]),
    micros: Number(parts[7]),
  });
  return micros !== undefined && isTimestampMicros(micros) ? micros : undefined;
}

/** A formatter that keeps the text of the last second, for streams whose times lie close together. */
export type TimestampFormatter = (epochMicros: number) => string;

export function timestampFormatter(): TimestampFormatter {
  let lastSecond = -1;
  let prefix = '';
  return (epochMicros) => {
    if (!isTimestampMicros(epochMicros)) {
      throw new RangeError(`no timestamp can tell ${epochMicros} microseconds since the epoch`);
    }
    const micros = epochMicros % MICROS_PER_SECOND;
    const second = (epochMicros - micros) / MICROS_PER_SECOND;
    if (second !== lastSecond) {
      lastSecond = second;
      prefix = new Date(second * 1000).toISOString().slice(0, 20);
    }
    return `${prefix}${String(micros).padStart(6, '0')}Z`;
  };
}

/**
 * The timestamp of a moment given in microseconds since the epoch; always 27 characters.
 * Throws a RangeError outside the years 1970 to 2199: times are checked where they come in.
 */
export function timestampFromMicros(epochMicros: number | bigint): string {
  return timestampFormatter()(Number(epochMicros));
}
