/** Actions by which an observer tells of itself rather than of an access. */
const NOTICES: ReadonlySet<string> = new Set(['capture-started', 'capture-stopped', 'heartbeat', 'records-lost']);
const NOTICE_LENGTHS: ReadonlySet<number> = new Set([...NOTICES].map((action) => action.length));

/** Whether the action in [`start`, `end`) is a notice. Asked of every line, so most are told by their length alone. */
export function isNotice(bytes: Buffer, start: number, end: number): boolean {
  return NOTICE_LENGTHS.has(end - start) && NOTICES.has(bytes.toString('latin1', start, end));
}
