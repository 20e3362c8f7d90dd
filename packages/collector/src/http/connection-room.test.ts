import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { makeRoom } from './connection-room.ts';

test('connections that idle do not shut others out, and one being answered is never closed for them', async () => {
  const answers: (() => void)[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/slow') answers.push(() => response.end('slow'));
    else response.end('quick');
  });
  server.maxConnections = 60;
  makeRoom(server, 50);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const ask = (path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject);
    });
  const slow = ask('/slow');
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (let opened = 0; opened < 200; opened += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    // Half of them begin a request that never ends.
    await once(socket, 'connect');
    if (opened % 2 === 0) socket.write('GET / HTTP/1.1\r\nHos');
  }
  for (let asked = 0; asked < 20; asked += 1) expect(await ask('/')).toBe(200);
  for (const answer of answers) answer();
  expect(await slow).toBe(200);
});
