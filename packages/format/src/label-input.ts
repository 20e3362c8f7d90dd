import { byCodeUnits, canonicalJson } from './canonical-json.ts';
import { isJsonObject, type JsonValue } from './json-value.ts';
import { LABELS_MAX, LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX } from './limits.ts';
import { stringFault } from './record-check.ts';
import { recordFault, shown, type RecordFault } from './record-fault.ts';
import type { Labels } from './record.ts';
import { fail, ok, type Result } from './result.ts';

/** How deep a value may nest that is kept as a label: far deeper than logs go, and safe to walk by recursion. */
const LABEL_DEPTH_MAX = 32;

/** Whether a value is JSON that nests at most so deep and has a UTF-8 form. */
function isJson(value: unknown, depthLeft: number): value is JsonValue {
  if (typeof value === 'string') {
    return value.isWellFormed();
  }
  if (typeof value === 'object' && value !== null) {
    return (
      depthLeft > 0 &&
      Object.entries(value).every(([name, member]) => name.isWellFormed() && isJson(member, depthLeft - 1))
    );
  }
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

/** A foreign value as a label's: text as it is, anything else as canonical JSON. */
function labelText(field: string, value: unknown): Result<string, RecordFault> {
  if (!isJson(value, LABEL_DEPTH_MAX)) {
    const message = `nests deeper than ${LABEL_DEPTH_MAX} levels or holds what has no UTF-8 form; flatten it before sending`;
    return fail(recordFault('too-deep', field, message));
  }
  const text = typeof value === 'string' ? value : canonicalJson(value);
  const fault = stringFault(field, text, LABEL_VALUE_BYTES_MAX);
  return fault === undefined ? ok(text) : fail(fault);
}

/** Whether a foreign value says nothing. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Labels as they are gathered from an input. */
export class LabelInput {
  readonly #labels = new Map<string, string>();
  #length = 0;

  /** Adds the input's own labels. Values that are not text are kept as canonical JSON. */
  addAll(labels: unknown): RecordFault | undefined {
    if (isAbsent(labels)) {
      return undefined;
    }
    if (!isJsonObject(labels)) {
      return recordFault('wrong-type', 'labels', `is ${shown(labels)}; send an object of strings`);
    }
    for (const name of Object.keys(labels).sort(byCodeUnits)) {
      const fault = this.add(name, labels[name], `labels.${name}`);
      if (fault !== undefined) {
        return fault;
      }
    }
    return undefined;
  }

  /**
   * Adds one value under a name; where the name is taken under `name_2`, `name_3` and so on, so that nothing is lost.
   * An absent value adds nothing.
   */
  add(name: string, value: unknown, field: string = name): RecordFault | undefined {
    if (isAbsent(value)) {
      return undefined;
    }
    const text = labelText(field, value);
    if (!text.ok) {
      return text.fault;
    }
    let free = name;
    for (let suffix = 2; this.#labels.has(free); suffix += 1) {
      free = `${name}_${suffix}`;
    }
    const fault = stringFault('the label name of a field', free, LABEL_NAME_BYTES_MAX);
    if (fault !== undefined) {
      return fault;
    }
    if (this.#labels.size === LABELS_MAX) {
      const message = `are more than ${LABELS_MAX}; send fewer fields that the record has no place for`;
      return recordFault('too-many-labels', 'labels', message);
    }
    this.#labels.set(free, text.value);
    this.#length += free.length + text.value.length;
    return undefined;
  }

  /** UTF-16 code units of all names and values. */
  get length(): number {
    return this.#length;
  }

  /** What was gathered, undefined where that is nothing. */
  labels(): Labels | undefined {
    return this.#labels.size === 0 ? undefined : Object.fromEntries(this.#labels);
  }
}
