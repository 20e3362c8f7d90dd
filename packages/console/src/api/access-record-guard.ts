import { ACTIONS, FIELDS } from '@portledger/format';
import type { AccessRecord } from '@portledger/format';
import { isObject } from './json-reader.ts';

const ACTION_NAMES: ReadonlySet<unknown> = new Set(ACTIONS);

/** True when every known field has its type. The values' deeper rules were checked by the collector at its door. */
export function isAccessRecord(value: unknown): value is AccessRecord {
  if (!isObject(value) || !ACTION_NAMES.has(value['action'])) return false;
  for (const field of FIELDS) {
    const held = value[field.name];
    if (held === undefined) {
      if (field.required) return false;
      continue;
    }
    switch (field.kind) {
      case 'integer':
      case 'port':
      case 'version':
        if (!Number.isSafeInteger(held)) return false;
        break;
      case 'labels':
        if (!isObject(held) || !Object.values(held).every((label) => typeof label === 'string')) return false;
        break;
      case 'enum':
      case 'ip':
      case 'string':
      case 'text':
      case 'timestamp':
        if (typeof held !== 'string') return false;
        break;
      default:
        field satisfies never;
    }
  }
  return true;
}
