import { CLASS_NAMES, isClassName, parseRetentionRule } from '@portledger/format';
import type { Result, RetentionClass } from '@portledger/format';
import { parseDuration } from './duration.ts';
import { list } from './kinds.ts';
import type { Setting, SettingInfo } from './setting.ts';

const HOUR_MS = 3_600_000;
/** Ages in milliseconds: less than an hour is a slip of the unit, more than a century is for good. */
export const AGE_MS_MIN = HOUR_MS;
export const AGE_MS_MAX = 36_500 * 24 * HOUR_MS;
const FOR_GOOD = 'for-good';

/** Reads `payment=7y`-like entries: `payment=365d`, `evidence=for-good`. */
export function parseRetentionClass(text: string): Result<RetentionClass, string> {
  const [name = '', age = ''] = text.split('=').map((part) => part.trim());
  if (!isClassName(name))
    return { ok: false, fault: `${JSON.stringify(text)} names no class (${CLASS_NAMES}): write payment=365d` };
  if (age === FOR_GOOD) return { ok: true, value: { name } };
  const ageMs = parseDuration(age);
  if (!ageMs.ok) return { ok: false, fault: `class ${name}: ${ageMs.fault}; or write ${name}=${FOR_GOOD}` };
  if (ageMs.value < AGE_MS_MIN || ageMs.value > AGE_MS_MAX)
    return { ok: false, fault: `class ${name}: the age must be from 1h to 36500d` };
  return { ok: true, value: { name, ageMs: ageMs.value } };
}

/** A list whose every text is read by `parse`; its first fault is told. */
function checkedList(
  at: string,
  info: SettingInfo<readonly string[]>,
  parse: (text: string) => Result<unknown, string>,
): Setting<readonly string[]> {
  const plain = list(at, info);
  return {
    ...plain,
    parse: (raw, base) => {
      const texts = plain.parse(raw, base);
      if (!texts.ok) return texts;
      for (const text of texts.value) {
        const parsed = parse(text);
        if (!parsed.ok) return { ok: false, fault: parsed.fault };
      }
      return texts;
    },
  };
}

/** Classes with their ages, such as `[payment=365d]`. */
export function retentionClasses(at: string, info: SettingInfo<readonly string[]>): Setting<readonly string[]> {
  return checkedList(at, info, parseRetentionClass);
}

/** Rules, such as `[dest_port:5432 => payment]`. */
export function retentionRules(at: string, info: SettingInfo<readonly string[]>): Setting<readonly string[]> {
  return checkedList(at, info, parseRetentionRule);
}
