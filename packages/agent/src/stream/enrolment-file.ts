import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '@portledger/format';
import { writeDurably } from './durable-file.ts';

const ENROLMENT_FILE = 'enrolment.json';

/** Where this agent's key is registered, and the log that it holds checkpoints against. */
export type Enrolment = {
  readonly collector: string;
  readonly observer: string;
  readonly keyId: string;
  /** The log's verifier key as it was given at enrolment. */
  readonly vkey: string;
  readonly registered: string;
};

/** The enrolment kept in `dir`; undefined where there is none that can be read: it is asked for again. */
export function readEnrolment(dir: string): Enrolment | undefined {
  try {
    return enrolmentOf(JSON.parse(readFileSync(join(dir, ENROLMENT_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeEnrolment(dir: string, enrolment: Enrolment): void {
  writeDurably(join(dir, ENROLMENT_FILE), `${JSON.stringify(enrolment, undefined, 2)}\n`);
}

function enrolmentOf(value: unknown): Enrolment | undefined {
  if (!isJsonObject(value)) return undefined;
  const { collector, observer, keyId, vkey, registered } = value;
  const isWhole =
    typeof collector === 'string' &&
    typeof observer === 'string' &&
    typeof keyId === 'string' &&
    typeof vkey === 'string' &&
    typeof registered === 'string';
  return isWhole ? { collector, observer, keyId, vkey, registered } : undefined;
}
