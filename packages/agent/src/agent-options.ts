import type { AccessRecord } from '@portledger/format';
import type { AgentLog } from './agent-log.ts';
import type { CaptureSource } from './capture/capture-source.ts';
import type { CaptureChoice } from './capture/started-capture.ts';

export type AgentOptions = {
  /** This host's name; must be the observer that the token was made for. */
  readonly observer: string;
  /** The agent's version, told in `capture-started`. */
  readonly version?: string;
  /** Base URL, such as `http://127.0.0.1:7071`. */
  readonly collectorUrl: string;
  /** Ingest token, sent as a bearer token. */
  readonly token: string;
  /** Folder for undelivered records; one agent at a time. Made with mode 0700. */
  readonly spoolDir: string;
  /** Folder of the key that batches are signed with; made when missing, 0700. Without it they go out unsigned. */
  readonly identityDir?: string;
  /** Bytes on disk; default SPOOL_BYTES_MAX. */
  readonly spoolBytesMax?: number;
  /** Milliseconds; default HEARTBEAT_INTERVAL_MS. */
  readonly heartbeatIntervalMs?: number;
  /** Default `auto`: kernel capture, else polling. */
  readonly capture?: CaptureChoice;
  /** Milliseconds between polls in sock-diag mode; default POLL_INTERVAL_MS. */
  readonly pollIntervalMs?: number;
  /** A capture source of the caller's own, instead of `capture`. */
  readonly captureSource?: CaptureSource;
  /**
   * The process is the agent's alone, so its priority may change: others go first while it keeps up. Default false.
   */
  readonly ownProcess?: boolean;
  /** Called with each record as it is numbered; costs a parse each, so for showing and tests, not for load. */
  readonly onRecord?: (record: AccessRecord) => void;
  readonly log?: AgentLog;
};
