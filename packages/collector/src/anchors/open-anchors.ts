import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../ledger/ledger-shapes.ts';
import { LedgerError } from '../ledger/ledger-shapes.ts';
import { TIMESTAMP_INTERVAL_MS } from './limits.ts';
import { AcceptedObjections, askBeforeStart, objection } from './start-check.ts';
import type { TimestampFault } from './timestamp-fault.ts';
import { TimestampFollower } from './timestamp-follower.ts';
import { WitnessFollower } from './witness-follower.ts';
import type { WitnessEvents } from './witness-follower.ts';
import { readWitnessPolicy } from './witness-policy.ts';
import type { WitnessPolicy } from './witness-policy.ts';
import { WitnessedNotes } from './witnessed-notes.ts';

/** Who outside of this host is to see the log, and how often. */
export type AnchorOptions = {
  readonly dataDir: string;
  /** A C2SP tlog-policy file; its witnesses with an address are asked. */
  readonly witnessPolicyFile?: string;
  readonly witnessIntervalMs?: number;
  /** An RFC 3161 time stamp authority. */
  readonly timestampUrl?: string;
  readonly timestampIntervalMs?: number;
  /** PEM file of the certificates that its answers must lead to. */
  readonly timestampCaFile?: string;
  /** Goes on with a ledger that a witness objects to, for good. */
  readonly acceptRestored?: boolean;
};

/** What outside of this host has seen the log. */
export type Anchors = {
  readonly witnesses: WitnessFollower | undefined;
  readonly timestamps: TimestampFollower | undefined;
};

/** The policy named in the options. Throws a LedgerError that tells all its faults. */
export function witnessPolicyOf({ witnessPolicyFile }: AnchorOptions): WitnessPolicy | undefined {
  if (witnessPolicyFile === undefined) return undefined;
  const policy = readWitnessPolicy(witnessPolicyFile);
  if (policy.ok) return policy.value;
  throw new LedgerError('policy-unusable', policy.fault);
}

function trustedCaOf({ timestampCaFile }: AnchorOptions): string | undefined {
  if (timestampCaFile === undefined) return undefined;
  try {
    return readFileSync(timestampCaFile, 'utf8');
  } catch (error) {
    throw new LedgerError('policy-unusable', `can't read the certificates ${timestampCaFile}`, error);
  }
}

export type StartEvents = {
  readonly onUnheard: (witness: string, reason: string) => void;
  /** An objection that the operator accepts now, or accepted before. */
  readonly onAccepted: (message: string, isNew: boolean) => void;
};

/** Refuses, before anything is changed or signed, to open a ledger that a witness holds more or another of. */
export async function checkAtStart(
  ledgerFolder: string,
  policy: WitnessPolicy | undefined,
  options: AnchorOptions,
  events: StartEvents,
): Promise<void> {
  if (policy === undefined) return;
  const { alarms, unheard } = await askBeforeStart(ledgerFolder, policy.witnesses);
  for (const [witness, reason] of unheard) events.onUnheard(witness, reason);
  const accepted = new AcceptedObjections(options.dataDir);
  const objecting = policy.witnesses.flatMap((witness) =>
    alarms.filter((alarm) => alarm.witness === witness.name).map((alarm) => ({ witness, alarm })),
  );
  const open = objecting.filter(({ witness }) => !accepted.has(witness));
  if (open.length > 0 && options.acceptRestored !== true) throw objection(open.map(({ alarm }) => alarm));
  for (const { witness, alarm } of open) accepted.add(witness, alarm);
  for (const { witness, alarm } of objecting) events.onAccepted(alarm.message, !accepted.has(witness));
}

export type AnchorPlace = {
  readonly ledger: Ledger;
  readonly policy: WitnessPolicy | undefined;
  readonly events: WitnessEvents & { readonly onTimestampFault: (fault: TimestampFault) => void };
  readonly nowMs: () => number;
};

/** Begins to have the ledger's checkpoints seen and stamped. `opened` closes what it began. */
export function openAnchors(options: AnchorOptions, place: AnchorPlace, opened: AsyncDisposableStack): Anchors {
  return { witnesses: openWitnesses(options, place, opened), timestamps: openTimestamps(options, place, opened) };
}

function openTimestamps(
  options: AnchorOptions,
  { ledger, events, nowMs }: AnchorPlace,
  opened: AsyncDisposableStack,
): TimestampFollower | undefined {
  if (options.timestampUrl === undefined) return undefined;
  const timestamps = new TimestampFollower({
    log: ledger.published,
    authority: { url: options.timestampUrl, trustedCaPem: trustedCaOf(options) },
    folder: join(options.dataDir, 'ledger', 'timestamps'),
    intervalMs: options.timestampIntervalMs ?? TIMESTAMP_INTERVAL_MS,
    nowMs,
    onFault: events.onTimestampFault,
    onFailure: events.onFailure,
  });
  return opened.use(timestamps);
}

function openWitnesses(
  options: AnchorOptions,
  { policy, events, nowMs, ledger }: AnchorPlace,
  opened: AsyncDisposableStack,
): WitnessFollower | undefined {
  if (policy === undefined) return undefined;
  const { witnessIntervalMs } = options;
  const witnesses = new WitnessFollower({
    log: ledger.published,
    policy,
    notes: new WitnessedNotes(join(options.dataDir, 'ledger', 'witnessed'), policy.policy),
    events,
    nowMs,
    ...(witnessIntervalMs === undefined ? {} : { intervalMs: witnessIntervalMs }),
  });
  return opened.use(witnesses);
}
