import type { Result } from '@portledger/format';
import { errnoName, type Libc } from '../../libc/libc.ts';
import { NETLINK_REPLY_BYTES, NETLINK_TIMEOUT_MS } from '../../limits.ts';
import {
  dumpRequest,
  readReply,
  socketFacts,
  socketKey,
  socketState,
  socketTraffic,
  tupleOfKey,
  WATCHED_STATES,
  type AddressFamily,
  type SocketFacts,
  type SocketView,
  type Traffic,
} from './inet-diag.ts';
import type { SocketRow, SocketTables } from './socket-row.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const ENOENT = 2;

class NetlinkRow implements SocketRow {
  readonly key: string;
  readonly #view: SocketView;

  constructor(view: SocketView) {
    this.#view = view;
    this.key = socketKey(view);
  }

  get tuple(): string {
    return tupleOfKey(this.key);
  }

  get state(): number {
    return socketState(this.#view);
  }

  facts(): SocketFacts {
    return socketFacts(this.#view);
  }

  traffic(): Traffic | undefined {
    return socketTraffic(this.#view);
  }
}

/** The kernel's socket tables over NETLINK_SOCK_DIAG; needs no privilege for the process's own network namespace. */
export class NetlinkTables implements SocketTables {
  readonly from = 'netlink';
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #reply = Buffer.alloc(NETLINK_REPLY_BYTES);
  #sequence = 0;

  private constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
  }

  static open(libc: Libc): Result<NetlinkTables, string> {
    const fd = libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0) return { ok: false, fault: `netlink socket: ${errnoName(libc.errno())}` };
    const timeout = Buffer.alloc(16);
    timeout.writeBigInt64LE(BigInt(Math.floor(NETLINK_TIMEOUT_MS / 1000)), 0);
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.length);
    const tables = new NetlinkTables(libc, fd);
    const fault = tables.#dump(4, () => {});
    if (fault === undefined) return { ok: true, value: tables };
    tables[Symbol.dispose]();
    return { ok: false, fault };
  }

  read(each: (row: SocketRow) => void): string | undefined {
    return this.#dump(4, each) ?? this.#dump(6, each);
  }

  #dump(family: AddressFamily, each: (row: SocketRow) => void): string | undefined {
    this.#sequence += 1;
    const request = dumpRequest(family, WATCHED_STATES, this.#sequence);
    if (this.#libc.send(this.#fd, request, request.length, 0) !== request.length) {
      return `netlink send: ${errnoName(this.#libc.errno())}`;
    }
    for (;;) {
      const size = this.#libc.recv(this.#fd, this.#reply, this.#reply.length, 0);
      if (size <= 0) return `netlink receive: ${errnoName(this.#libc.errno())}`;
      const end = readReply(this.#reply, size, this.#sequence, (view) => each(new NetlinkRow(view)));
      if (end === 'done') return undefined;
      if (end === 'more') continue;
      // ENOENT: the kernel has no TCP of this family (IPv6 switched off at boot).
      return end.errno === ENOENT && family === 6 ? undefined : `netlink sock_diag: ${errnoName(end.errno)}`;
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#fd);
  }
}
