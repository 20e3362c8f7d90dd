import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

export type Canned = {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A server that answers as it is told to, for what no honest witness would say. It keeps the bodies it was sent. */
export async function answeringServer(
  answer: (attempt: number, body: string) => Canned | undefined,
): Promise<AsyncDisposable & { readonly url: string; readonly bodies: readonly string[] }> {
  const bodies: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      bodies.push(body);
      const canned = answer(bodies.length, body);
      // Without an answer the client waits for as long as it will.
      if (canned !== undefined) response.writeHead(canned.status, canned.headers).end(canned.body);
    });
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    bodies,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
