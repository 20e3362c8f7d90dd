/** What a capture source reports: one change of one TCP socket on this host, with the process that owns it. */
export type CaptureKind =
  | 'initiated'
  | 'accepted'
  | 'refused'
  | 'failed'
  | 'closed'
  | 'listener-opened'
  | 'listener-closed';

/** Why a connection did not come about or ended; absent means unknown. */
export type CaptureReason =
  | 'refused'
  | 'timed-out'
  | 'reset'
  | 'unreachable'
  /** The peer gave up, or the listener closed, before a process took the connection. */
  | 'not-accepted'
  /** The process closed the socket while connect() was still waiting for an answer. */
  | 'interrupted'
  /** Ended from outside by an administrator (`ss -K`). */
  | 'aborted'
  /** Never left the host: no free port, for one. */
  | 'local-error';

/** The process behind a socket, as it was when the socket was made or used; absent means unknown. */
export type Owner = {
  /** Thread group id in the initial pid namespace. */
  readonly pid: number;
  readonly uid: number;
  /** Audit login uid; absent when unset (4294967295). */
  readonly loginUid?: number;
  readonly cgroupId?: bigint;
  /** Process start, nanoseconds since boot: together with `pid` it names one process for ever. */
  readonly startNs?: bigint;
  readonly comm: string;
  readonly exe?: string;
  readonly ppid?: number;
  readonly parentComm?: string;
  /** Path below the cgroup mount, such as `/system.slice/nginx.service`. */
  readonly cgroupPath?: string;
};

export type CaptureEvent = {
  readonly kind: CaptureKind;
  /** Which end of the connection is this socket. Listeners are `destination`, with the listening address as dest. */
  readonly side: 'source' | 'destination';
  /** Microseconds since the epoch. */
  readonly timeMicros: number;
  readonly family: 4 | 6;
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly destIp: string;
  readonly destPort: number;
  /** Inode number of the network namespace. */
  readonly netns?: number;
  readonly owner?: Owner;
  /** User the socket belongs to, for sources that know it without knowing the process. */
  readonly uid?: number;
  /** Bytes and packets as the source sees them: out = sent by the source. */
  readonly bytesOut?: number;
  readonly bytesIn?: number;
  readonly packetsOut?: number;
  readonly packetsIn?: number;
  readonly durationMicros?: number;
  readonly reason?: CaptureReason;
  /** Which end sent the reset that ended an established connection. */
  readonly resetBy?: 'source' | 'destination';
  /** True when it already stood as capture began. */
  readonly standing?: boolean;
};
