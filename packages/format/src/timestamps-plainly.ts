const CANONICAL = /^((?:19[789]\d|20\d\d|21\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/;

/** What timestamps.ts does, by Date: microseconds since the epoch, or undefined for what is no moment so written. */
export function microsFromTimestamp(text: string): number | undefined {
  const [, second, micros] = CANONICAL.exec(text) ?? [];
  const epochMs = second === undefined ? Number.NaN : Date.parse(`${second}Z`);
  if (Number.isNaN(epochMs) || !new Date(epochMs).toISOString().startsWith(`${second}.`)) return undefined;
  return epochMs * 1000 + Number(micros);
}
