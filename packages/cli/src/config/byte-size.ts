import type { Result } from '@portledger/format';

const UNIT_BYTES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    B: 1,
    KiB: 1024,
    MiB: 1024 ** 2,
    GiB: 1024 ** 3,
    TiB: 1024 ** 4,
    kB: 1000,
    MB: 1000 ** 2,
    GB: 1000 ** 3,
    TB: 1000 ** 4,
  }),
);
const BINARY_UNITS = ['TiB', 'GiB', 'MiB', 'KiB'];

/**
 * Reads a size: `256MiB`, `1GB`, or an integer of bytes.
 * The value is whole bytes; the fault is a sentence that says what would be right.
 */
export function parseByteSize(input: string | number): Result<number, string> {
  const text = String(input).trim();
  const match = /^(\d+(?:\.\d+)?)\s?([A-Za-z]*)$/.exec(text);
  const unit = match?.[2] === '' ? 'B' : match?.[2];
  const unitBytes = unit === undefined ? undefined : UNIT_BYTES.get(unit);
  if (match === null || unitBytes === undefined) return { ok: false, fault: refusal(text, match?.[1], unit) };
  const bytes = Number(match[1]) * unitBytes;
  if (Number.isSafeInteger(bytes)) return { ok: true, value: bytes };
  return { ok: false, fault: `${JSON.stringify(text)} is not a whole number of bytes` };
}

/** The shortest exact way to write bytes: 268435456 is `256MiB`, 1000 is `1000B`. */
export function formatByteSize(bytes: number): string {
  for (const unit of BINARY_UNITS) {
    const unitBytes = UNIT_BYTES.get(unit) ?? 1;
    if (bytes >= unitBytes && bytes % unitBytes === 0) return `${bytes / unitBytes}${unit}`;
  }
  return `${bytes}B`;
}

/** Bytes for a person to read, rounded: `1.4 GiB`. */
export function roundByteSize(bytes: number): string {
  for (const unit of BINARY_UNITS) {
    const unitBytes = UNIT_BYTES.get(unit) ?? 1;
    if (bytes >= unitBytes) return `${(bytes / unitBytes).toFixed(bytes >= 100 * unitBytes ? 0 : 1)} ${unit}`;
  }
  return `${bytes} B`;
}

function refusal(text: string, amount: string | undefined, unit: string | undefined): string {
  const given = JSON.stringify(text);
  const letter = unit?.charAt(0).toUpperCase() ?? '';
  if (amount !== undefined && 'KMGT'.includes(letter) && letter !== '') {
    return `${given} is not a size: write ${amount}${letter}iB`;
  }
  return `${given} is not a size: write a number with B, KiB, MiB, GiB, TiB (or kB, MB, GB, TB), such as 256MiB`;
}
