/** One field of RFC 4180: quoted when it holds a comma, a quote, a line break or outer spaces. */
function csvField(value: string): string {
  return /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** One line of RFC 4180, without its CRLF. */
export function csvLine(values: readonly string[]): string {
  return values.map(csvField).join(',');
}
