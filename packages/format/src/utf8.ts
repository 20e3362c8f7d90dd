/**
 * Whether a string's UTF-8 form has at most `bytesMax` bytes. Most strings are told by their length alone: a code unit
 * takes one to three bytes.
 */
export function fitsUtf8(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) {
    return false;
  }
  return text.length * 3 <= bytesMax || utf8Length(text) <= bytesMax;
}

/** Bytes of a well-formed string's UTF-8 form. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) {
      // A surrogate pair has two units and four bytes: each half adds one.
      length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
    }
  }
  return length;
}
