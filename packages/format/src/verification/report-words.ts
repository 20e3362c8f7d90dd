const SIZE_UNITS = ['TiB', 'GiB', 'MiB', 'KiB'];
/** Characters that start escape sequences, break lines or reorder text: what was checked may be hostile. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

export function digits(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

export function counted(count: number, noun: string): string {
  return `${digits(count)} ${count === 1 ? noun : `${noun}s`}`;
}

export function byteSize(bytes: number): string {
  const place = SIZE_UNITS.findIndex((_, at) => bytes >= 1024 ** (SIZE_UNITS.length - at));
  const unitBytes = 1024 ** (SIZE_UNITS.length - place);
  return place < 0
    ? `${bytes} B`
    : `${(bytes / unitBytes).toFixed(bytes >= 100 * unitBytes ? 0 : 1)} ${SIZE_UNITS[place] ?? ''}`;
}

/** Seconds since the epoch as a date and time, UTC. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z');
}
