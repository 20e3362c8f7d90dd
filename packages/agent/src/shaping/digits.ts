const ZERO = 0x30;
const INT32_END = 2_147_483_648;

/** Decimal digits that `integerMember` writes of a value: 0 where it writes nothing. */
export function digitsOf(value: number | undefined): number {
  if (value === undefined || !Number.isSafeInteger(value) || value < 0) return 0;
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits += 1;
  return digits;
}

/** Writes the digits of a whole number so that they end before `end`. */
export function putDigits(bytes: Uint8Array, end: number, value: number): void {
  let at = end;
  let rest = value;
  while (rest >= INT32_END) {
    const tens = Math.floor(rest / 10);
    at -= 1;
    bytes[at] = ZERO + (rest - tens * 10);
    rest = tens;
  }
  let small = rest | 0;
  do {
    const tens = (small / 10) | 0;
    at -= 1;
    bytes[at] = ZERO + (small - tens * 10);
    small = tens;
  } while (small > 0);
}

/** Writes a whole number below 2^31 with leading zeros, `digits` of them in all, so that they end before `end`. */
export function putPadded(bytes: Uint8Array, end: number, value: number, digits: number): void {
  let small = value | 0;
  for (let at = end - 1; at >= end - digits; at -= 1) {
    const tens = (small / 10) | 0;
    bytes[at] = ZERO + (small - tens * 10);
    small = tens;
  }
}
