/** Code points that take two columns: East Asian wide and fullwidth, emoji (Unicode TR 11, in broad ranges). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const ASCII_ONLY = /^[\u0020-\u007e]*$/;

/** Columns that a text without control characters takes on a terminal. */
export function displayWidth(text: string): number {
  if (ASCII_ONLY.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += characterWidth(character);
  return columns;
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** Fills with spaces up to `columns`. */
export function pad(text: string, columns: number, side: 'left' | 'right'): string {
  const fill = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return side === 'left' ? text + fill : fill + text;
}

/** Cuts to `columns` with an ellipsis: at the end, or in the middle for paths, whose both ends matter. */
export function shorten(text: string, columns: number, where: 'middle' | 'end'): string {
  if (displayWidth(text) <= columns) return text;
  if (columns <= 1) return columns === 1 ? '…' : '';
  // Of a path the end says more than the beginning.
  const headColumns = where === 'end' ? columns - 1 : Math.floor((columns - 1) / 3);
  const tailColumns = columns - 1 - headColumns;
  return `${take(Array.from(text), headColumns).join('')}…${take(Array.from(text).reverse(), tailColumns).reverse().join('')}`;
}

function take(characters: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += characterWidth(character);
    if (used > columns) break;
    taken.push(character);
  }
  return taken;
}

/** Lines of at most `columns`, broken between words; undefined: one line. A longer word stays whole. */
export function wrapWords(text: string, columns: number | undefined): string[] {
  if (columns === undefined) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
