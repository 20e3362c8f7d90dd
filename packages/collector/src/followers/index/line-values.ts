/** Readers of values in a canonical line's bytes; the scanner has already checked their form. */

export function integerAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + ((bytes[at] ?? 0) - 48);
  return value;
}

/** A dotted IPv4 address as 32 bits with the first octet lowest; -1 if it has a colon. */
export function ipv4At(bytes: Uint8Array, start: number, end: number): number {
  let octets = 0;
  let octet = 0;
  let shift = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 46) {
      octets |= octet << shift;
      octet = 0;
      shift += 8;
    } else if (byte >= 48 && byte <= 57) {
      octet = octet * 10 + byte - 48;
    } else {
      return -1;
    }
  }
  // Three dots make an address; digits alone are the first group of an IPv6 one cut short, which can't be.
  return shift === 24 ? (octets | (octet << 24)) >>> 0 : -1;
}

/** Reads `YYYY-MM-DDTHH:MM:SS.ffffffZ` as epoch microseconds, and keeps the minute, as records lie close together in time. */
export class TimestampReader {
  readonly #minute = new Uint8Array(16);
  #minuteMicros = Number.NaN;

  read(bytes: Uint8Array, start: number): number {
    // The last digits change most, so comparing from the back finds a new minute soonest.
    for (let at = 15; at >= 0; at -= 1) {
      if (this.#minute[at] !== bytes[start + at]) {
        this.#enterMinute(bytes, start);
        break;
      }
    }
    return this.#minuteMicros + digits(bytes, start + 17, 2) * 1_000_000 + digits(bytes, start + 20, 6);
  }

  #enterMinute(bytes: Uint8Array, start: number): void {
    this.#minute.set(bytes.subarray(start, start + 16));
    this.#minuteMicros =
      Date.UTC(
        digits(bytes, start, 4),
        digits(bytes, start + 5, 2) - 1,
        digits(bytes, start + 8, 2),
        digits(bytes, start + 11, 2),
        digits(bytes, start + 14, 2),
      ) * 1000;
  }
}

function digits(bytes: Uint8Array, start: number, count: number): number {
  return integerAt(bytes, start, start + count);
}
