import type { SocketFacts, Traffic } from './inet-diag.ts';

/** One socket as one poll saw it; facts are decoded only when asked for, since most rows are known already. */
export interface SocketRow {
  /** Names the socket for as long as it lives. */
  readonly key: string;
  /** Family-independent name of its two endpoints. */
  readonly tuple: string;
  readonly state: number;
  facts(): SocketFacts;
  traffic(): Traffic | undefined;
}

/** Somewhere the TCP sockets of this network namespace can be read from. */
export interface SocketTables extends Disposable {
  readonly from: 'netlink' | 'proc';
  /** Hands every TCP socket to `each`; rows are valid only during the call. Returns what went wrong, if anything. */
  read(each: (row: SocketRow) => void): string | undefined;
}
