import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { cpuSeconds, residentBytes } from './machine.ts';

/** Seconds after the start at which an agent has settled: it gives back then what starting took. */
const SETTLED_SECONDS = 8;

/** What a running process costs over so many seconds, with so many connections a second made meanwhile. */
export type RestCost = { readonly corePercent: number; readonly residentMib: number; readonly connections: number };

export async function costAtRest(pid: number, seconds: number, perSecond: number): Promise<RestCost> {
  await new Promise((resolve) => setTimeout(resolve, SETTLED_SECONDS * 1000));
  const before = cpuSeconds(pid);
  const started = performance.now();
  const connections = await makeConnections(seconds, perSecond);
  const elapsed = (performance.now() - started) / 1000;
  return {
    corePercent: ((cpuSeconds(pid) - before) / elapsed) * 100,
    residentMib: residentBytes(pid) / 2 ** 20,
    connections,
  };
}

/** Short connections to a server of our own on loopback, evenly spread. */
async function makeConnections(seconds: number, perSecond: number): Promise<number> {
  const server = createServer((socket) => socket.end('ok').resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const started = performance.now();
  let made = 0;
  while (performance.now() - started < seconds * 1000) {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond);
    for (; made < due; made += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume().end();
    }
    await new Promise((resolve) => setTimeout(resolve, perSecond > 0 ? 10 : 500));
  }
  server.close();
  await once(server, 'close');
  return made;
}
