import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Past `crowded` connections, closes for each new one the connection that has been idle for longest. Node's own timeouts
 * do not reach a connection that has never sent a byte, so thousands of them would shut everyone else out.
 */
export function makeRoom(server: Server, crowded: number): void {
  // In the order in which they became idle.
  const idle = new Set<Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open += 1;
    if (open > crowded) {
      const [longest] = idle;
      if (longest !== undefined) {
        idle.delete(longest);
        longest.destroy();
      }
    }
    idle.add(socket);
    socket.once('close', () => {
      open -= 1;
      idle.delete(socket);
    });
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
