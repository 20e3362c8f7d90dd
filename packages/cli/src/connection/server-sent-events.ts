import { STREAM_LINE_BYTES_MAX } from '../limits.ts';

export type ServerSentEvent = { readonly event: string; readonly data: string };

/** Events of a `text/event-stream` body (WHATWG HTML, 9.2.6). Comments, which keep the connection alive, are passed over. */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let event = '';
  let data: string[] = [];
  for await (const line of textLines(body)) {
    if (line === '') {
      if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') event = value;
    if (name === 'data') data.push(value);
  }
}

async function* textLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    // A line break may be CR LF cut in two: the CR waits for what follows.
    const complete = rest.endsWith('\r') ? rest.length - 1 : rest.length;
    const lines = rest.slice(0, complete).split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? '') + rest.slice(complete);
    if (rest.length > STREAM_LINE_BYTES_MAX) throw new Error('a line of the live stream is too long');
    yield* lines;
  }
}
