import {
  AUDIT_RETENTION_CLASS,
  DEFAULT_RETENTION_CLASS,
  FIELD_INDEX,
  SYSTEM_RETENTION_CLASS,
  integerAt,
  labelOfRuleField,
  retentionClassOf,
  stringAt,
} from '@portledger/format';
import type { FieldText, RetentionPolicy } from '@portledger/format';

const DAY_MS = 86_400_000;
const DEST_PORT = 'dest_port';
const FIELDS: ReadonlyMap<string, number> = FIELD_INDEX;

/** What holds unless it is configured: 180 days; three years of who read the log; what verification rests on for good. */
export const DEFAULT_RETENTION_POLICY: RetentionPolicy = {
  classes: [
    { name: DEFAULT_RETENTION_CLASS, ageMs: 180 * DAY_MS },
    { name: AUDIT_RETENTION_CLASS, ageMs: 1_095 * DAY_MS },
    { name: SYSTEM_RETENTION_CLASS },
  ],
  rules: [],
};

/** Tells the retention class of lines that the scanner has just noted. */
export class RetentionClassifier {
  readonly policy: RetentionPolicy;

  constructor(policy: RetentionPolicy) {
    this.policy = policy;
  }

  /** The class of a scanned line; `slots` are those that `scanLine` filled with verdict 0. */
  classOf(bytes: Uint8Array, slots: Int32Array): string {
    const { rules } = this.policy;
    return rules.length === 0 ? DEFAULT_RETENTION_CLASS : retentionClassOf(rules, scannedText(bytes, slots));
  }
}

function scannedText(bytes: Uint8Array, slots: Int32Array): FieldText {
  return (field) => {
    const label = labelOfRuleField(field);
    if (label !== undefined) return labelAt(bytes, slots, label);
    const index = FIELDS.get(field);
    if (index === undefined) return undefined;
    return field === DEST_PORT ? integerAt(bytes, slots, index)?.toString() : stringAt(bytes, slots, index);
  };
}

function labelAt(bytes: Uint8Array, slots: Int32Array, name: string): string | undefined {
  const text = stringAt(bytes, slots, FIELD_INDEX.get('labels') ?? -1);
  const labels: unknown = text === undefined ? {} : JSON.parse(text);
  const found = typeof labels === 'object' && labels !== null ? Object.entries(labels) : [];
  const value: unknown = found.find(([key]) => key === name)?.[1];
  return typeof value === 'string' ? value : undefined;
}
