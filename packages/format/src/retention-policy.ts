import { isClassName } from './manifest.ts';
import { fail, ok, type Result } from './result.ts';

/** What a record is kept for: a class names how long. Without an age its records are kept for good. */
export type RetentionClass = { readonly name: string; readonly ageMs?: number };

/** One test of a rule: the field has one of the values. `*` at the end of a value stands for any rest. */
export type RetentionTest = { readonly field: string; readonly values: readonly string[] };

/** A record that passes every test belongs to the class. */
export type RetentionRule = { readonly class: string; readonly when: readonly RetentionTest[] };

/** Which class a record belongs to (the first rule that it passes decides) and how long classes are kept. */
export type RetentionPolicy = { readonly classes: readonly RetentionClass[]; readonly rules: readonly RetentionRule[] };

/** The class of records that no rule names. */
export const DEFAULT_RETENTION_CLASS = 'default';
/** What the collector records of reading and signing in. */
export const AUDIT_RETENTION_CLASS = 'audit';
/** What later verification rests on: prunings, erasures, holds, changes of configuration. Never pruned. */
export const SYSTEM_RETENTION_CLASS = 'system';

/** Rules of one policy: each is tried on every record until one fits. */
export const RETENTION_RULES_MAX = 64;
/** Classes of one policy: each has a block and a segment of its own open, and a numbered stream of each observer. */
export const RETENTION_CLASSES_MAX = 16;

const FIELDS: ReadonlySet<string> = new Set([
  'action',
  'app_protocol',
  'cluster',
  'dest_host',
  'dest_port',
  'dest_service',
  'namespace',
  'observer',
  'outcome',
  'service',
  'source_format',
  'src_host',
]);
const LABEL_PREFIX = 'labels.';
const RULE = /^(?<tests>\S.*?)\s*=>\s*(?<name>\S+)$/;

/** Reads `dest_port:5432,6432 dest_host:pay-* => payment`. The fault is a sentence with its remedy. */
export function parseRetentionRule(text: string): Result<RetentionRule, string> {
  const { tests = '', name = '' } = RULE.exec(text.trim())?.groups ?? {};
  if (tests === '') return fail(`${JSON.stringify(text)} is no rule: write \`dest_port:5432 => payment\``);
  if (!isClassName(name)) return fail(`${JSON.stringify(name)} is no class: ${CLASS_NAMES}`);
  if (name === SYSTEM_RETENTION_CLASS || name === AUDIT_RETENTION_CLASS)
    return fail(`the class ${name} is for the collector's own records: choose another`);
  const when: RetentionTest[] = [];
  for (const part of tests.split(/\s+/)) {
    const at = part.indexOf(':');
    const field = part.slice(0, Math.max(0, at));
    const values = part.slice(at + 1).split(',');
    if (!FIELDS.has(field) && !(field.startsWith(LABEL_PREFIX) && field.length > LABEL_PREFIX.length))
      return fail(`${JSON.stringify(part)} tests no field of these: ${[...FIELDS].join(', ')}, labels.NAME`);
    if (values.includes('')) return fail(`${JSON.stringify(part)} has an empty value: write \`${field}:VALUE\``);
    when.push({ field, values });
  }
  return ok({ class: name, when });
}

export const CLASS_NAMES = 'lower-case letters, digits and hyphens, at most 64';

/** A record's values as a rule asks for them: a port as its digits; undefined where the field is absent. */
export type FieldText = (field: string) => string | undefined;

/** The class of a record. */
export function retentionClassOf(rules: readonly RetentionRule[], textOf: FieldText): string {
  return (
    rules.find((rule) => rule.when.every((test) => passes(test, textOf(test.field))))?.class ?? DEFAULT_RETENTION_CLASS
  );
}

function passes({ values }: RetentionTest, text: string | undefined): boolean {
  if (text === undefined) return false;
  return values.some((value) => (value.endsWith('*') ? text.startsWith(value.slice(0, -1)) : value === text));
}

/** The name of the label that a rule's field asks for; undefined where it is no label. */
export function labelOfRuleField(field: string): string | undefined {
  return field.startsWith(LABEL_PREFIX) ? field.slice(LABEL_PREFIX.length) : undefined;
}

/** What is wrong between the parts of a policy: a sentence with its remedy; undefined where nothing is. */
export function retentionPolicyFault({ classes, rules }: RetentionPolicy): string | undefined {
  const names = classes.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return `the class ${twice} is given twice: keep one`;
  const unknown = rules.find((rule) => !names.includes(rule.class));
  if (unknown !== undefined)
    return `the rule for ${unknown.class} names a class without an age: add ${unknown.class}=180d to the classes`;
  if (names.length > RETENTION_CLASSES_MAX)
    return `${names.length} classes; at most ${RETENTION_CLASSES_MAX} are taken`;
  return rules.length > RETENTION_RULES_MAX
    ? `${rules.length} rules; at most ${RETENTION_RULES_MAX} are taken`
    : undefined;
}

/** The class among several that keeps its records longest: where what belongs together has to stay together. */
export function longestKept(classes: readonly RetentionClass[], names: ReadonlySet<string>): string | undefined {
  const age = (name: string): number => classes.find((one) => one.name === name)?.ageMs ?? Infinity;
  return [...names].sort((a, b) => age(b) - age(a) || (a < b ? -1 : 1))[0];
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** An age as it stands in prune entries: `180d`, `36h`, `90s`. */
export function ageText(ageMs: number): string {
  if (ageMs % DAY_MS === 0) return `${ageMs / DAY_MS}d`;
  return ageMs % HOUR_MS === 0 ? `${ageMs / HOUR_MS}h` : `${Math.ceil(ageMs / 1_000)}s`;
}
