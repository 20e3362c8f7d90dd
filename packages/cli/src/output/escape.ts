/**
 * Characters that a value from a log must never send to a terminal: C0 and C1 controls (they start escape sequences),
 * line and paragraph separators, and the marks that reorder or hide text. Lone surrogates are no characters at all.
 */
const UNSAFE = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\p{Cs}]/gu;
const UNSAFE_BEYOND_JSON = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text as it may be shown: one line, no control characters. They appear as `\x1b` or `\u202e`. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? hexEscape(character));
}

/** JSON text that says the same with every unsafe character as a `\u` escape. */
export function escapeJsonControls(json: string): string {
  return json.replace(UNSAFE_BEYOND_JSON, unicodeEscape);
}

export function hasUnsafeCharacters(text: string): boolean {
  return text.search(UNSAFE) >= 0;
}

function hexEscape(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
