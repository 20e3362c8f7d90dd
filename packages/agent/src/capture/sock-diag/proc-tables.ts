import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { canonicalIp, ipText } from '@portledger/format';
import { TCP_STATE, type Endpoint, type SocketFacts } from './inet-diag.ts';
import type { SocketRow, SocketTables } from './socket-row.ts';

/** Where /proc/net/tcp and tcp6 lie; they show the reader's own network namespace. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;

/**
 * Reads one line of /proc/net/tcp{,6} (proc_pid_net(5)): addresses are 32-bit words in host byte order, ports in
 * hexadecimal. Undefined for the heading and anything else.
 */
export function parseTableLine(line: string): SocketRow | undefined {
  const [, local, remote, state, , , , uid, , inode] = line.trim().split(/\s+/);
  if (local === undefined || remote === undefined || state === undefined || inode === undefined) return undefined;
  const from = parseEndpoint(local);
  const to = parseEndpoint(remote);
  if (from === undefined || to === undefined) return undefined;
  const facts: SocketFacts = {
    family: from.ip.includes(':') ? 6 : 4,
    state: Number.parseInt(state, 16),
    local: from,
    remote: to,
    uid: Number(uid),
    inode: Number(inode),
  };
  const tuple = `${local} ${remote}`;
  // Without a cookie the listener or connection of a tuple is told from the next one by its inode; orphans have none.
  const key = facts.state === TCP_STATE.listen ? `${tuple} ${inode}` : tuple;
  return { key, tuple, state: facts.state, facts: () => facts, traffic: () => undefined };
}

function parseEndpoint(text: string): Endpoint | undefined {
  const matched = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text);
  const [, words, port] = matched ?? [];
  if (words === undefined || port === undefined) return undefined;
  const bytes = Buffer.from(words, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  const ip = canonicalIp(ipText(bytes));
  return ip === undefined ? undefined : { ip, port: Number.parseInt(port, 16) };
}

/** The socket tables as text: slower, and without byte counts; for where netlink is not to be had. */
export class ProcTables implements SocketTables {
  readonly from = 'proc';

  read(each: (row: SocketRow) => void): string | undefined {
    let readable = 0;
    for (const path of TABLES) {
      let text: string;
      try {
        text = readFileSync(path, 'latin1');
      } catch {
        continue;
      }
      readable += 1;
      for (const line of text.split('\n')) {
        const row = parseTableLine(line);
        if (row !== undefined && row.state !== TCP_STATE.synSent && row.state !== TCP_STATE.synReceived) each(row);
      }
    }
    return readable === 0 ? 'neither /proc/net/tcp nor /proc/net/tcp6 can be read' : undefined;
  }

  [Symbol.dispose](): void {}
}
