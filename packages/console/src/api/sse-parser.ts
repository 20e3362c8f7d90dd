/** One event of a text/event-stream (WHATWG HTML, section 9.2). A comment is told too: it shows that the line is alive. */
export type StreamEvent = { readonly event: string; readonly data: string } | { readonly event: 'comment' };

/** Longest event taken, in UTF-16 units; a record's line is at most 64 KiB, so anything longer is a broken server. */
const EVENT_LENGTH_MAX = 1 << 20;

/** Returns a function that takes the stream's text piece by piece and gives the events completed by each piece. */
export function createSseParser(): (piece: string) => readonly StreamEvent[] {
  let rest = '';
  let name = '';
  let data: string[] = [];

  function takeLine(line: string, events: StreamEvent[]): void {
    if (line === '') {
      if (data.length > 0) events.push({ event: name === '' ? 'message' : name, data: data.join('\n') });
      name = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) {
      events.push({ event: 'comment' });
      return;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? '' : line.slice(colon + 1);
    const value = raw.startsWith(' ') ? raw.slice(1) : raw;
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }

  return (piece) => {
    rest += piece;
    const events: StreamEvent[] = [];
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (rest.length > EVENT_LENGTH_MAX) throw new RangeError('an event of the live stream is too long');
    for (const line of lines) takeLine(line, events);
    return events;
  };
}
