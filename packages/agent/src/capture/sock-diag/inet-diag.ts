import { ipText } from '@portledger/format';

// Messages of linux/inet_diag.h and linux/tcp.h; numbers are in host byte order, ports and addresses in network order.

/** States of net/tcp_states.h. */
export const TCP_STATE = {
  established: 1,
  synSent: 2,
  synReceived: 3,
  finWait1: 4,
  finWait2: 5,
  timeWait: 6,
  close: 7,
  closeWait: 8,
  lastAck: 9,
  listen: 10,
  closing: 11,
  newSynReceived: 12,
} as const;

export type AddressFamily = 4 | 6;

const NLMSG_HEADER_BYTES = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const INET_DIAG_REQUEST_BYTES = 56;
const INET_DIAG_MESSAGE_BYTES = 72;
const INET_DIAG_INFO = 2;
const IPPROTO_TCP = 6;
const AF_INET = 2;
const AF_INET6 = 10;

/** Bytes of an inet_diag_sockid: ports 4, addresses 32, interface 4, cookie 8. */
const SOCKET_ID_OFFSET = 4;
const TUPLE_BYTES = 36;
const SOCKET_ID_BYTES = 48;

/** All states but the ones that never carry a connection. */
export const WATCHED_STATES =
  (1 << TCP_STATE.established) |
  (1 << TCP_STATE.finWait1) |
  (1 << TCP_STATE.finWait2) |
  (1 << TCP_STATE.timeWait) |
  (1 << TCP_STATE.closeWait) |
  (1 << TCP_STATE.lastAck) |
  (1 << TCP_STATE.listen) |
  (1 << TCP_STATE.closing);

/** A dump request for every TCP socket of one family in the given states (a bit mask of 1 << state). */
export function dumpRequest(family: AddressFamily, states: number, sequence: number): Buffer {
  const request = Buffer.alloc(NLMSG_HEADER_BYTES + INET_DIAG_REQUEST_BYTES);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  request.writeUInt32LE(sequence >>> 0, 8);
  request.writeUInt8(family === 4 ? AF_INET : AF_INET6, 16);
  request.writeUInt8(IPPROTO_TCP, 17);
  request.writeUInt8(1 << (INET_DIAG_INFO - 1), 18);
  request.writeUInt32LE(states >>> 0, 20);
  return request;
}

/** One socket of a dump, read in place: valid only while the reply's buffer is. */
export type SocketView = {
  readonly bytes: Buffer;
  /** Offset of the inet_diag_msg. */
  readonly start: number;
  /** Offset just past the message with its attributes. */
  readonly end: number;
};

export type ReplyEnd = 'more' | 'done' | { readonly errno: number };

/**
 * Walks the netlink messages of one datagram.
 * @returns `done` when the dump ended, `more` when another datagram follows, or the kernel's errno (`EBADMSG` 74 when
 * a length does not fit the datagram).
 */
export function readReply(bytes: Buffer, size: number, sequence: number, each: (socket: SocketView) => void): ReplyEnd {
  let offset = 0;
  while (offset + NLMSG_HEADER_BYTES <= size) {
    const length = bytes.readUInt32LE(offset);
    const type = bytes.readUInt16LE(offset + 4);
    if (length < NLMSG_HEADER_BYTES || offset + length > size) return { errno: 74 };
    const mine = bytes.readUInt32LE(offset + 8) === sequence >>> 0;
    if (mine && type === NLMSG_DONE) return 'done';
    if (mine && type === NLMSG_ERROR) {
      return length >= NLMSG_HEADER_BYTES + 4 ? { errno: -bytes.readInt32LE(offset + 16) } : { errno: 74 };
    }
    if (mine && type === SOCK_DIAG_BY_FAMILY && length >= NLMSG_HEADER_BYTES + INET_DIAG_MESSAGE_BYTES) {
      each({ bytes, start: offset + NLMSG_HEADER_BYTES, end: offset + length });
    }
    offset += (length + 3) & ~3;
  }
  return 'more';
}

export function socketState(socket: SocketView): number {
  return socket.bytes.readUInt8(socket.start + 1);
}

/** Ports, addresses, interface and cookie as they stand: names one socket for as long as it lives. */
export function socketKey(socket: SocketView): string {
  const start = socket.start + SOCKET_ID_OFFSET;
  return socket.bytes.toString('latin1', start, start + SOCKET_ID_BYTES);
}

/** Ports and addresses alone: a TIME_WAIT entry keeps them but has another cookie than the socket it came from. */
export function tupleOfKey(key: string): string {
  return key.slice(0, TUPLE_BYTES);
}

export type Endpoint = { readonly ip: string; readonly port: number };

export type SocketFacts = {
  readonly family: AddressFamily;
  readonly state: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly uid: number;
  /** 0 when no process holds the socket any more. */
  readonly inode: number;
};

export function socketFacts(socket: SocketView): SocketFacts {
  const { bytes, start } = socket;
  const six = bytes.readUInt8(start) === AF_INET6;
  const mapped = six && isMapped(bytes, start + 8) && isMapped(bytes, start + 24);
  return {
    family: six && !mapped ? 6 : 4,
    state: bytes.readUInt8(start + 1),
    local: { port: bytes.readUInt16BE(start + 4), ip: addressText(bytes, start + 8, six) },
    remote: { port: bytes.readUInt16BE(start + 6), ip: addressText(bytes, start + 24, six) },
    uid: bytes.readUInt32LE(start + 64),
    inode: bytes.readUInt32LE(start + 68),
  };
}

/** ::ffff:a.b.c.d */
function isMapped(bytes: Buffer, at: number): boolean {
  return (
    bytes.readUInt32LE(at) === 0 &&
    bytes.readUInt32LE(at + 4) === 0 &&
    bytes.readUInt16LE(at + 8) === 0 &&
    bytes.readUInt16LE(at + 10) === 0xffff
  );
}

function addressText(bytes: Buffer, at: number, six: boolean): string {
  if (!six) return ipText(bytes.subarray(at, at + 4));
  return isMapped(bytes, at) ? ipText(bytes.subarray(at + 12, at + 16)) : ipText(bytes.subarray(at, at + 16));
}

export type Traffic = {
  /** Payload bytes this socket sent, retransmissions and SYN/FIN not counted. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
};

/** The tcp_info attribute's totals; undefined where the kernel sent none (listeners, TIME_WAIT, old kernels). */
export function socketTraffic(socket: SocketView): Traffic | undefined {
  const { bytes, start, end } = socket;
  let at = start + INET_DIAG_MESSAGE_BYTES;
  while (at + 4 <= end) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > end) return undefined;
    if (bytes.readUInt16LE(at + 2) === INET_DIAG_INFO) return trafficOf(bytes, at + 4, length - 4, socketState(socket));
    at += (length + 3) & ~3;
  }
  return undefined;
}

/** Offsets of struct tcp_info in linux/tcp.h; fields were only ever added at its end. */
function trafficOf(bytes: Buffer, at: number, size: number, state: number): Traffic | undefined {
  if (size < 144) return undefined;
  const acked = uint64(bytes, at + 120);
  const received = uint64(bytes, at + 128);
  // bytes_sent (4.19) counts payload alone, while bytes_acked counts the SYN of the side that connected as one byte.
  const sent = size >= 216 ? uint64(bytes, at + 200) - uint64(bytes, at + 208) : Math.max(0, acked - 1);
  // The peer's FIN has taken one sequence number, which the kernel counts as a received byte.
  const finSeen = state === TCP_STATE.closeWait || state === TCP_STATE.lastAck || state === TCP_STATE.closing;
  return {
    bytesSent: sent,
    bytesReceived: Math.max(0, received - (finSeen ? 1 : 0)),
    packetsSent: bytes.readUInt32LE(at + 136),
    packetsReceived: bytes.readUInt32LE(at + 140),
  };
}

/** Totals beyond 2^53 bytes (8 PiB on one connection) lose their last digits. */
function uint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 4_294_967_296;
}
