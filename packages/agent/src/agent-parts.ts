import { parseLine } from '@portledger/format';
import type { AgentLog } from './agent-log.ts';
import type { AgentOptions } from './agent-options.ts';
import { ContainerUsers } from './attribution/container-users.ts';
import { OwnerDetails } from './attribution/owner-details.ts';
import { libcLookup, passwdLookup, UserNames } from './attribution/user-names.ts';
import { beginCapture, startCapture, type StartedCapture } from './capture/started-capture.ts';
import { coverageLine } from './coverage/coverage-records.ts';
import { openLibc, type Libc } from './libc/libc.ts';
import { SPOOL_BYTES_MAX } from './limits.ts';
import { CgroupPaths } from './process/cgroup-paths.ts';
import { OwnPriority } from './process/own-priority.ts';
import { ProcessReader } from './process/process-reader.ts';
import { CaptureLines } from './shaping/capture-line.ts';
import { ConnectionIds } from './shaping/connection-ids.ts';
import { HostAddresses } from './shaping/host-addresses.ts';
import { ListenerServices } from './shaping/listener-services.ts';
import { OwnerCache } from './shaping/owner-cache.ts';
import { streamMembers } from './shaping/stream-members.ts';
import { ClockOffset } from './stream/clock-offset.ts';
import { CollectorClient } from './stream/collector-client.ts';
import { RecordStream } from './stream/record-stream.ts';
import { Sender } from './stream/sender.ts';
import { Signing } from './stream/signing.ts';
import { newSessionId } from './stream/session-id.ts';
import { lockSpool } from './stream/spool-lock.ts';
import { Spool } from './stream/spool.ts';

/** What an agent is made of; opened in this order and closed by the agent in the reverse one. */
export type AgentParts = {
  readonly session: string;
  readonly log: AgentLog;
  readonly libc: Libc | undefined;
  readonly lock: Disposable;
  readonly spool: Spool;
  readonly clock: ClockOffset;
  readonly client: CollectorClient;
  readonly sender: Sender;
  readonly stream: RecordStream;
  readonly capture: StartedCapture;
  readonly lines: CaptureLines;
};

const silent: AgentLog = () => {};
const monotonic = (): number => performance.now();

/** Opens everything and starts capture. Throws when the spool is held or the capture asked for does not work. */
export async function openParts(options: AgentOptions): Promise<AgentParts> {
  const log = options.log ?? silent;
  const session = newSessionId(Date.now());
  checkObserver(options.observer, session);
  const libc = await openLibc();
  const lock = lockSpool(options.spoolDir, libc);
  let spool: Spool | undefined;
  try {
    const clock = new ClockOffset();
    const client = openClient(options, clock);
    const signing = openSigning(options, client, log);
    spool = await openSpool(options, signing);
    const processes = new ProcessReader();
    const capture = await openCapture(options, { libc, processes, log });
    const sender = new Sender({ spool, client, log, ...(signing === undefined ? {} : { signing }) });
    const stream = new RecordStream({
      session,
      spool,
      onDurable: () => sender.wake(),
      onFault: (message) => log('error', message),
      now: monotonic,
    });
    const lines = captureLines({ observer: options.observer, session, capture, processes, libc });
    return { session, log, libc, lock, spool, clock, client, sender, stream, capture, lines };
  } catch (cause) {
    await spool?.close();
    lock[Symbol.dispose]();
    throw cause;
  }
}

function openClient({ collectorUrl, token }: AgentOptions, clock: ClockOffset): CollectorClient {
  const now = (): number => performance.timeOrigin + performance.now();
  return new CollectorClient({ collectorUrl, token, clock, now });
}

function openSigning(options: AgentOptions, client: CollectorClient, log: AgentLog): Signing | undefined {
  const { identityDir: dir, observer, collectorUrl } = options;
  return dir === undefined ? undefined : new Signing({ dir, observer, collectorUrl, client, log });
}

function openSpool({ spoolDir: dir, spoolBytesMax }: AgentOptions, signing: Signing | undefined): Promise<Spool> {
  const delivered = signing?.sentFrom;
  const bytesMax = spoolBytesMax ?? SPOOL_BYTES_MAX;
  return Spool.open({ dir, bytesMax, ...(delivered === undefined ? {} : { delivered }) });
}

/** A name that records cannot carry would make the collector refuse every one of them. */
function checkObserver(observer: string, session: string): void {
  const stream = { observer, session, sourceFormat: 'none' };
  const probe = coverageLine(stream, { action: 'heartbeat', nowMicros: 0, labels: {} })(0);
  const record = parseLine(probe);
  if (!record.ok) throw new Error(`no observer can be named ${JSON.stringify(observer)}: ${record.fault.message}`);
}

type Host = { readonly libc: Libc | undefined; readonly processes: ProcessReader; readonly log: AgentLog };

async function openCapture(options: AgentOptions, host: Host): Promise<StartedCapture> {
  if (options.captureSource !== undefined) return beginCapture(options.captureSource);
  const { pollIntervalMs } = options;
  const priority = options.ownProcess === true ? OwnPriority.open() : undefined;
  const capture = await startCapture({
    choice: options.capture ?? 'auto',
    ...host,
    ...(pollIntervalMs === undefined ? {} : { pollIntervalMs }),
    onPressure: (isPressed) => priority?.set(!isPressed),
  });
  // Only where events wait safely until it is the agent's turn, and tell when they have waited for too long.
  if (capture.source.mode === 'ebpf') priority?.set(true);
  return capture;
}

type LineSetting = {
  readonly observer: string;
  readonly session: string;
  readonly capture: StartedCapture;
  readonly processes: ProcessReader;
  readonly libc: Libc | undefined;
};

function captureLines({ observer, session, capture, processes, libc }: LineSetting): CaptureLines {
  const users = new UserNames(libc === undefined ? passwdLookup() : libcLookup(libc), monotonic);
  const details = new OwnerDetails(processes, new CgroupPaths(monotonic));
  const sources = { users, containerUsers: new ContainerUsers(monotonic) };
  return new CaptureLines({
    stream: streamMembers(observer, session, capture.source.mode),
    owners: new OwnerCache(sources, details, monotonic),
    addresses: new HostAddresses(monotonic),
    connectionIds: new ConnectionIds(),
    listeners: new ListenerServices(),
  });
}
