import { shorten } from './display-width.ts';
import type { Terminal } from './terminal.ts';

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 2000;
const BAR_COLUMNS = 24;

/** Progress of long work: a bar that redraws itself on a terminal, a plain line now and then elsewhere. On stderr. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #startedMs: number;
  #lastMs: number;
  #drawn = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#startedMs = terminal.nowMs();
    this.#lastMs = this.#startedMs;
  }

  /** `done` of `total` in any unit; `total` undefined: unknown. `text` says what is being done. */
  update(text: string, done: number, total: number | undefined): void {
    const nowMs = this.#terminal.nowMs();
    if (this.#terminal.errColumns === undefined) {
      if (nowMs - this.#lastMs < PLAIN_LINE_MS) return;
      this.#lastMs = nowMs;
      this.#terminal.err(`${percentOf(done, total)}${text}`);
      return;
    }
    if (this.#drawn && nowMs - this.#lastMs < REDRAW_MS) return;
    if (!this.#drawn && nowMs - this.#startedMs < REDRAW_MS) return;
    this.#lastMs = nowMs;
    this.#drawn = true;
    const line = `${barOf(done, total)}${percentOf(done, total)}${text}`;
    this.#terminal.errRaw(`\r\u001b[2K${shorten(line, this.#terminal.errColumns - 1, 'end')}`);
  }

  /** Removes the bar, so that what follows starts on a clean line. */
  end(): void {
    if (this.#drawn) this.#terminal.errRaw('\r\u001b[2K');
    this.#drawn = false;
  }
}

function barOf(done: number, total: number | undefined): string {
  if (total === undefined || total === 0) return '';
  const filled = Math.round(BAR_COLUMNS * Math.max(0, Math.min(1, done / total)));
  return `${'━'.repeat(filled)}${'┄'.repeat(BAR_COLUMNS - filled)} `;
}

function percentOf(done: number, total: number | undefined): string {
  if (total === undefined || total === 0) return '';
  return `${String(Math.floor((100 * Math.max(0, Math.min(done, total))) / total)).padStart(3)} %  `;
}
