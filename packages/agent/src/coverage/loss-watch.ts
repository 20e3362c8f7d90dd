/** What was lost by one cause since it was told last. */
export type Loss = { readonly cause: string; readonly count: number; readonly windowMs: number };

/**
 * Watches running totals of lost events and tells their growth. The window reaches back to the look before, which is
 * as exactly as a running total can date a loss.
 */
export class LossWatch {
  #told: Readonly<Record<string, number>> = {};
  #lookedMs: number;

  constructor(nowMs: number) {
    this.#lookedMs = nowMs;
  }

  look(totals: Readonly<Record<string, number>>, nowMs: number): readonly Loss[] {
    const windowMs = Math.max(nowMs - this.#lookedMs, 0);
    const losses: Loss[] = [];
    for (const [cause, total] of Object.entries(totals)) {
      const count = total - (this.#told[cause] ?? 0);
      if (count > 0) losses.push({ cause, count, windowMs });
    }
    this.#told = { ...this.#told, ...totals };
    this.#lookedMs = nowMs;
    return losses;
  }
}
