/** Bytes in four or five columns, decimal as network figures are: `340 B`, `1.2 kB`, `18 MB`. */
export function shortBytes(bytes: number): string {
  return scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);
}

/** Microseconds for a person: `850 µs`, `12 ms`, `3.4 s`, `2 h 05 min`. */
export function shortDuration(durationMicros: number): string {
  if (durationMicros < 1000) return `${durationMicros} µs`;
  if (durationMicros < 1_000_000) return `${round(durationMicros / 1000)} ms`;
  const seconds = durationMicros / 1_000_000;
  if (seconds < 60) return `${round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad2(Math.floor(seconds % 60))} s`;
  return `${Math.floor(minutes / 60)} h ${pad2(minutes % 60)} min`;
}

/** `12,345,678`. */
export function groupDigits(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 record`, `2,000 records`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${groupDigits(count)} ${count === 1 ? noun : plural}`;
}

function scaled(amount: number, step: number, units: readonly string[]): string {
  let rest = amount;
  let place = 0;
  while (rest >= step && place < units.length - 1) {
    rest /= step;
    place += 1;
  }
  return `${place === 0 ? rest : round(rest)} ${units[place] ?? ''}`;
}

function round(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}

function pad2(value: number): string {
  return String(value).padStart(2, '0');
}
