/** What the records door did since the collector started. All only grow. */
export type DoorCounters = {
  requests: number;
  bytesReceived: number;
  /** After decompression. */
  bytesRead: number;
  recordsAccepted: number;
  recordsDuplicate: number;
  recordsRefused: number;
  /** Requests refused as a whole, by fault code. */
  readonly requestsRefused: Map<string, number>;
  /** Requests told to come again later (429, 503). */
  pushBacks: number;
  /** Requests held back for a moment, so that search keeps up. */
  heldBack: number;
};

export function makeDoorCounters(): DoorCounters {
  return {
    requests: 0,
    bytesReceived: 0,
    bytesRead: 0,
    recordsAccepted: 0,
    recordsDuplicate: 0,
    recordsRefused: 0,
    requestsRefused: new Map(),
    pushBacks: 0,
    heldBack: 0,
  };
}
