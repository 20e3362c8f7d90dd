import { ageText, isClassName, microsFromTimestamp } from '@portledger/format';
import type { AccessRecord, RetentionPolicy } from '@portledger/format';

/** What the label `what` of the record of a changed policy says. */
export const POLICY_CHANGE = 'retention';

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const FOR_GOOD = 'for-good';

/** Ages of classes in milliseconds; Infinity where records are kept for good. */
type Ages = ReadonlyMap<string, number>;

function agesOf(policy: RetentionPolicy): Ages {
  return new Map(policy.classes.map(({ name, ageMs }) => [name, ageMs ?? Infinity]));
}

/** The policy as labels of the record that it changed: every class with its age, every rule. */
export function policyLabels(policy: RetentionPolicy): Readonly<Record<string, string>> {
  const classes = policy.classes.map(({ name, ageMs }) => `${name}=${ageMs === undefined ? FOR_GOOD : ageText(ageMs)}`);
  const rules = policy.rules.map((rule, at): [string, string] => [
    `rule_${String(at + 1).padStart(2, '0')}`,
    `${rule.when.map(({ field, values }) => `${field}:${values.join(',')}`).join(' ')} => ${rule.class}`,
  ]);
  return { classes: classes.join(' '), ...Object.fromEntries(rules) };
}

function agesIn(record: AccessRecord): Ages {
  const ages = new Map<string, number>();
  for (const part of (record.labels?.['classes'] ?? '').split(' ')) {
    const [name = '', text = ''] = part.split('=');
    const [, amount, unit = ''] = /^(\d{1,9})([shd])$/.exec(text) ?? [];
    const ageMs = text === FOR_GOOD ? Infinity : Number(amount) * (UNIT_MS.get(unit) ?? Number.NaN);
    if (isClassName(name) && !Number.isNaN(ageMs)) ages.set(name, ageMs);
  }
  return ages;
}

/**
 * The ages that held when records were sealed. A shorter age holds for what is written after the change; a longer one
 * holds for what is there too, because keeping on is always still possible.
 */
export class PolicyHistory {
  readonly #current: Ages;
  readonly #changes: { readonly micros: number; readonly ages: Ages }[] = [];

  constructor(current: RetentionPolicy) {
    this.#current = agesOf(current);
  }

  /** Takes in a record that the policy changed. Records come in the order of the ledger. */
  take(record: AccessRecord): void {
    this.#changes.push({ micros: microsFromTimestamp(record.timestamp) ?? 0, ages: agesIn(record) });
  }

  /** The age of a class in milliseconds for what was sealed then; Infinity where it is kept for good. */
  ageMs(className: string, sealedMicros: number): number {
    const then = this.#changes.findLast(({ micros, ages }) => micros <= sealedMicros && ages.has(className));
    const known = this.#changes.findLast(({ ages }) => ages.has(className));
    const now = this.#current.get(className) ?? known?.ages.get(className) ?? Infinity;
    return Math.max(now, then?.ages.get(className) ?? now);
  }
}
