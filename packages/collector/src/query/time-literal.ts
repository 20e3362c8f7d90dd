import { TIMESTAMP_MICROS_END, YEAR_MAX, YEAR_MIN, type Result } from '@portledger/format';

/** A span of epoch microseconds, closed at both ends: what a literal covers at the precision it was written with. */
export type TimeSpan = { readonly low: number; readonly high: number };

type Unit = 's' | 'm' | 'h' | 'd' | 'w' | 'M' | 'y';

const MICROS_A_SECOND = 1_000_000;
const FIXED_UNIT_MICROS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

const DATE =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[Tt](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|z|[+-]\d{2}:\d{2})?)?)?)?$/;

/**
 * Reads a time: `now`, RFC 3339 (offset optional, then UTC), a date, month or year, or an epoch in seconds, milliseconds,
 * microseconds or nanoseconds told apart by its digits. After `now`, or after any other literal and `||`, date math may
 * follow: `-1h`, `+2d`, `/d` (rounds down to the unit and then covers the whole of it). All in UTC; weeks begin on Monday.
 *
 * @param nowMicros what `now` means, in epoch microseconds
 * @returns what the literal covers, or why it can't be read
 */
export function parseTime(text: string, nowMicros: number): Result<TimeSpan, string> {
  const [base, math] = splitMath(text);
  const span = base === 'now' ? { low: nowMicros, high: nowMicros } : (parseDate(base) ?? parseEpoch(base));
  if (span === undefined) return { ok: false, fault: `“${text}” is not a time` };
  const moved = applyMath(span, math);
  if (moved === undefined) return { ok: false, fault: `“${math}” is not date math` };
  if (!(moved.low >= 0 && moved.high < TIMESTAMP_MICROS_END)) {
    return { ok: false, fault: `“${text}” lies outside the years ${YEAR_MIN} to ${YEAR_MAX}` };
  }
  return { ok: true, value: moved };
}

function splitMath(text: string): [string, string] {
  if (text === 'now' || /^now[+\-/]/.test(text)) return ['now', text.slice(3)];
  const bars = text.indexOf('||');
  return bars < 0 ? [text, ''] : [text.slice(0, bars), text.slice(bars + 2)];
}

function parseDate(text: string): TimeSpan | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [, yearText, monthText, dayText, hourText, minuteText, secondText, fraction, offset] = match;
  const year = Number(yearText);
  const month = Number(monthText ?? 1);
  const day = Number(dayText ?? 1);
  const hour = Number(hourText ?? 0);
  const minute = Number(minuteText ?? 0);
  const second = Number(secondText ?? 0);
  if (year < YEAR_MIN || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const low =
    utcMicros(year, month - 1, day) +
    (hour * 3600 + minute * 60 + second) * MICROS_A_SECOND +
    Number((fraction ?? '').slice(0, 6).padEnd(6, '0')) -
    offsetMicros(offset);
  return { low, high: low + widthMicros(match) - 1 };

  function widthMicros([, , m, d, h, , s, f]: RegExpExecArray): number {
    if (f !== undefined) return 10 ** Math.max(0, 6 - f.length);
    if (s !== undefined) return MICROS_A_SECOND;
    if (h !== undefined) return 60 * MICROS_A_SECOND;
    if (d !== undefined) return 86_400 * MICROS_A_SECOND;
    if (m !== undefined) return utcMicros(year, month, 1) - low;
    return utcMicros(year + 1, 0, 1) - low;
  }
}

/** Nine digits are seconds of 1973, so shorter numbers are not taken for an epoch. */
function parseEpoch(text: string): TimeSpan | undefined {
  if (!/^\d{9,19}$/.test(text)) return undefined;
  if (text.length <= 11) return span(Number(text) * MICROS_A_SECOND, MICROS_A_SECOND);
  if (text.length <= 14) return span(Number(text) * 1000, 1000);
  if (text.length <= 16) return span(Number(text), 1);
  return span(Number(BigInt(text) / 1000n), 1);
}

function span(low: number, width: number): TimeSpan {
  return { low, high: low + width - 1 };
}

function offsetMicros(offset: string | undefined): number {
  if (offset === undefined || offset === 'Z' || offset === 'z') return 0;
  const sign = offset.startsWith('-') ? -1 : 1;
  return sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6))) * 60 * MICROS_A_SECOND;
}

function applyMath(from: TimeSpan, math: string): TimeSpan | undefined {
  let { low, high } = from;
  const step = /([+-])(\d{1,9})([smhdwMy])|\/([smhdwMy])/y;
  while (step.lastIndex < math.length) {
    const match = step.exec(math);
    if (match === null) return undefined;
    const [, sign, amount, moveUnit, roundUnit] = match;
    if (isUnit(moveUnit)) {
      const by = Number(amount) * (sign === '-' ? -1 : 1);
      const width = high - low;
      low = shifted(low, by, moveUnit);
      high = low + width;
    } else if (isUnit(roundUnit)) {
      low = roundedDown(low, roundUnit);
      high = shifted(low, 1, roundUnit) - 1;
    }
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) return { low: -Infinity, high: Infinity };
  }
  return { low, high };
}

function isUnit(text: string | undefined): text is Unit {
  return text !== undefined;
}

function shifted(micros: number, by: number, unit: Unit): number {
  if (unit !== 'M' && unit !== 'y') return micros + by * FIXED_UNIT_MICROS[unit] * MICROS_A_SECOND;
  const at = new Date(Math.floor(micros / 1000));
  const inDay = micros - utcMicros(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate());
  const months = at.getUTCMonth() + (unit === 'M' ? by : by * 12);
  const year = at.getUTCFullYear() + Math.floor(months / 12);
  const month = ((months % 12) + 12) % 12;
  // A month later than 31 January is the last day of February, as people count.
  return utcMicros(year, month, Math.min(at.getUTCDate(), daysIn(year, month + 1))) + inDay;
}

function roundedDown(micros: number, unit: Unit): number {
  const at = new Date(Math.floor(micros / 1000));
  if (unit === 'y') return utcMicros(at.getUTCFullYear(), 0, 1);
  if (unit === 'M') return utcMicros(at.getUTCFullYear(), at.getUTCMonth(), 1);
  const width = FIXED_UNIT_MICROS[unit] * MICROS_A_SECOND;
  // 1970-01-01 was a Thursday: Mondays lie four days past a multiple of seven.
  const shift = unit === 'w' ? 4 * 86_400 * MICROS_A_SECOND : 0;
  return Math.floor((micros - shift) / width) * width + shift;
}

/** Start of a day in epoch microseconds. `month` counts from 0 and may be 12. */
function utcMicros(year: number, month: number, day: number): number {
  return Date.UTC(year, month, day) * 1000;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}
