import { randomBytes } from 'node:crypto';

/** Crockford's base32, lower case: it sorts as the number does, and no letter is taken for a digit. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;
const RANDOM_BYTES = 6;

/** `<time of start in milliseconds, base32>-<random>`: sorts by time, and no two runs share one. */
export function newSessionId(startMs: number, random: Uint8Array = randomBytes(RANDOM_BYTES)): string {
  let time = '';
  for (let rest = startMs; time.length < TIME_DIGITS; rest = Math.floor(rest / 32))
    time = `${DIGITS[rest % 32]}${time}`;
  return `${time}-${Buffer.from(random).toString('hex')}`;
}

export const SESSION_PATTERN: RegExp = /^[0-9a-hjkmnp-tv-z]{10}-[0-9a-f]{12}$/;
