import { checkAtStart, openAnchors, witnessPolicyOf } from './anchors/open-anchors.ts';
import type { AnchorPlace, Anchors } from './anchors/open-anchors.ts';
import type { WitnessPolicy } from './anchors/witness-policy.ts';
import type { OpeningPlace } from './opening-place.ts';
import type { SystemObserver } from './doors/system/system-observer.ts';
import type { Ledger, LedgerOptions } from './ledger/ledger.ts';

/** What is known, before the ledger is opened, of those who are to see it. */
export type AnchorPlan = {
  readonly policy: WitnessPolicy | undefined;
  /** How the ledger is opened: not at all where a witness or the high-water mark knows better. */
  readonly ledgerOptions: Pick<LedgerOptions, 'beforeRecovery' | 'onFailure' | 'highWaterFile' | 'acceptRestored'>;
  /** Objections that the operator accepts with this opening, to be recorded. */
  readonly accepted: string[];
};

/** Reads the witness policy and lays down what is checked before the ledger is opened. */
export function planAnchors({ options, log }: OpeningPlace): AnchorPlan {
  const policy = witnessPolicyOf(options);
  const accepted: string[] = [];
  const events = {
    onUnheard: (witness: string, reason: string): void => {
      log.warn({ witness, reason }, 'a witness could not be asked about this ledger before it was opened');
    },
    onAccepted: (message: string, isNew: boolean): void => {
      log.error({ message }, 'a witness objects to this ledger, which the operator has accepted');
      if (isNew) accepted.push(message);
    },
  };
  const acceptRestored = (message: string): void => {
    log.error({ message }, 'the ledger was set back, which the operator has accepted');
    accepted.push(message);
  };
  return {
    policy,
    accepted,
    ledgerOptions: {
      beforeRecovery: (folder) => checkAtStart(folder, policy, options, events),
      onFailure: (error) => {
        log.error({ err: error }, 'the high-water mark of the ledger could not be written');
      },
      ...(options.highWaterFile === undefined ? {} : { highWaterFile: options.highWaterFile }),
      ...(options.acceptRestored === true ? { acceptRestored } : {}),
    },
  };
}

/** Begins to have the log seen, and records what was accepted with this opening. A command has nothing seen. */
export function startAnchors(place: OpeningPlace, plan: AnchorPlan, ledger: Ledger, system: SystemObserver): Anchors {
  const { options, log, clock, opened } = place;
  for (const message of plan.accepted) system.configChanged('operator', 'restored ledger accepted', { message });
  const events: AnchorPlace['events'] = {
    onAlarm: ({ witness, code, witnessSize, size, message }) => {
      log.error({ witness, code, witnessSize, size }, message);
      const told = witnessSize === undefined ? {} : { witness_blocks: String(witnessSize) };
      system.alertRaised(message, { witness, code, blocks: String(size), ...told });
    },
    onFault: (witness, { code, message }) => {
      log.warn({ witness, code, message }, 'a witness gave no cosignature; it is asked again');
    },
    onRecovered: (witness) => {
      log.info({ witness }, 'the witness cosigns again');
    },
    onFailure: (error) => {
      log.error({ err: error }, 'the checkpoint could not be shown to others, or what they said not be stored');
    },
    onTimestampFault: ({ code, message }) => {
      log.warn({ code, message }, 'the time stamp authority gave no time stamp; it is asked again');
    },
  };
  if (options.opening === 'command') return { witnesses: undefined, timestamps: undefined };
  return openAnchors(options, { ledger, policy: plan.policy, events, nowMs: () => clock() / 1_000 }, opened);
}
