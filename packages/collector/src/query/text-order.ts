/**
 * Order of two texts by their UTF-8 bytes, which is the order of their code points, and the one that DuckDB uses.
 * JavaScript's own `<` orders by UTF-16 code units, which puts astral characters before U+E000.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      const xAstral = x >= 0xd800 && x <= 0xdfff;
      const yAstral = y >= 0xd800 && y <= 0xdfff;
      if (xAstral !== yAstral) return xAstral ? 1 : -1;
      return x - y;
    }
  }
  return a.length - b.length;
}

/**
 * Lower case by simple mapping, one code point for one, as DuckDB's `lower` does. JavaScript's `toLowerCase` differs in
 * U+0130 (two code points) and in the final sigma (depends on its neighbours).
 */
export function foldCase(text: string): string {
  if (!/[\u0080-\uffff]/.test(text)) return text.toLowerCase();
  let folded = '';
  for (const point of text) folded += point === '\u0130' ? 'i' : point.toLowerCase();
  return folded;
}
