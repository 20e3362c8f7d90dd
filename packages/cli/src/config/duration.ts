import type { Result } from '@portledger/format';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|[smhd])/g;

/**
 * Reads a length of time: `15s`, `250ms`, `1h30m`, or an integer of milliseconds.
 * The value is whole milliseconds; the fault is a sentence that says what would be right.
 */
export function parseDuration(input: string | number): Result<number, string> {
  const text = String(input).trim();
  if (/^\d+$/.test(text)) return whole(Number(text), text);
  if (!WHOLE.test(text)) return { ok: false, fault: refusal(text) };
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(PART)) totalMs += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return whole(totalMs, text);
}

/** The shortest exact way to write milliseconds: 90000 is `1m30s`, 1500 is `1s500ms`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let rest = durationMs;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const unitMs = UNIT_MS[unit] ?? 1;
    const amount = Math.floor(rest / unitMs);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * unitMs;
  }
  return text;
}

function whole(durationMs: number, text: string): Result<number, string> {
  if (Number.isSafeInteger(durationMs)) return { ok: true, value: durationMs };
  return { ok: false, fault: `${JSON.stringify(text)} is not a whole number of milliseconds` };
}

function refusal(text: string): string {
  const given = JSON.stringify(text);
  const near = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]+)$/.exec(text);
  const unit = near?.[2]?.toLowerCase().replace(/^(milli).*/, 'ms') ?? '';
  const guess = unit === 'ms' ? 'ms' : unit.charAt(0);
  if (near !== null && guess in UNIT_MS) return `${given} is not a duration: write ${near[1]}${guess}`;
  return `${given} is not a duration: write a number with ms, s, m, h or d, such as 15s or 250ms`;
}
