import {
  AUDIT_RETENTION_CLASS,
  DEFAULT_RETENTION_CLASS,
  SYSTEM_RETENTION_CLASS,
  parseRetentionRule,
  retentionPolicyFault,
} from '@portledger/format';
import type { Result, RetentionPolicy } from '@portledger/format';
import { parseRetentionClass } from './retention-kinds.ts';
import { SETTINGS } from './settings.ts';
import type { Setting } from './setting.ts';

function read<T>(parsed: Result<T, string>): T {
  if (!parsed.ok) throw new Error(`unchecked configuration value: ${parsed.fault}`);
  return parsed.value;
}

/** The retention policy that the configuration's checked values make; the fault is a sentence with its remedy. */
export function retentionPolicyOf(get: <T>(setting: Setting<T>) => T): Result<RetentionPolicy, string> {
  const policy: RetentionPolicy = {
    classes: [
      { name: DEFAULT_RETENTION_CLASS, ageMs: get(SETTINGS.retentionDefault) },
      { name: AUDIT_RETENTION_CLASS, ageMs: get(SETTINGS.retentionAudit) },
      { name: SYSTEM_RETENTION_CLASS },
      ...get(SETTINGS.retentionClasses).map((text) => read(parseRetentionClass(text))),
    ],
    rules: get(SETTINGS.retentionRules).map((text) => read(parseRetentionRule(text))),
  };
  const fault = retentionPolicyFault(policy);
  return fault === undefined ? { ok: true, value: policy } : { ok: false, fault };
}
