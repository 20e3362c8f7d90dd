import { hexOf, ipBytes, microsFromTimestamp } from '@portledger/format';
import { globMatcher, normalisedGlob, plainText, type Glob } from './glob.ts';
import type { Hit } from './hit.ts';
import type { Query, Term, TextTarget } from './query.ts';
import { WORD_FIELDS, type SearchFieldName } from './search-field.ts';
import { compareText, foldCase } from './text-order.ts';

export type HitPredicate = (hit: Hit) => boolean;

/** The query as a test of one record in memory; it says what the SQL of `toSql` says. */
export function toPredicate(query: Query): HitPredicate {
  if (query.kind === 'all') return () => true;
  if (query.kind === 'and') {
    const operands = query.operands.map(toPredicate);
    return (hit) => operands.every((operand) => operand(hit));
  }
  if (query.kind === 'or') {
    const operands = query.operands.map(toPredicate);
    return (hit) => operands.some((operand) => operand(hit));
  }
  if (query.kind === 'not') {
    const operand = toPredicate(query.operand);
    return (hit) => !operand(hit);
  }
  return termPredicate(query);
}

function termPredicate(term: Term): HitPredicate {
  switch (term.kind) {
    case 'field-exists':
      return (hit) => valueOf(hit, term.name) !== undefined;
    case 'label-exists':
      return (hit) => textOf(hit, { kind: 'label', name: term.name }) !== undefined;
    case 'text-equals':
      return (hit) => textOf(hit, term.target) === term.value;
    case 'text-glob':
      return onText(term.target, globMatcher(term.glob));
    case 'text-range':
      return onText(term.target, textRangeTest(term));
    case 'integer-range':
      return (hit) => {
        const value = valueOf(hit, term.name);
        return typeof value === 'number' && inside(value, term);
      };
    case 'time-range':
      return (hit) => {
        const micros = microsFromTimestamp(term.name === 'received' ? hit.received : hit.record.timestamp);
        return micros !== undefined && inside(micros, term);
      };
    case 'ip-range':
      return (hit) => {
        const bytes = ipBytes(hit.record[term.name] ?? '');
        if (bytes === undefined) return false;
        const hex = hexOf(bytes);
        return hex.length === term.low.length && hex >= term.low && hex <= term.high;
      };
    case 'words':
      return wordsPredicate(term.glob);
    default:
      return term satisfies never;
  }
}

function onText(target: TextTarget, test: (text: string) => boolean): HitPredicate {
  return (hit) => {
    const text = textOf(hit, target);
    return text !== undefined && test(text);
  };
}

function textRangeTest({ low, high }: Extract<Term, { kind: 'text-range' }>): (text: string) => boolean {
  return (text) => {
    const fromLow = low === undefined ? 1 : compareText(text, low.value);
    const fromHigh = high === undefined ? -1 : compareText(text, high.value);
    return (
      (fromLow > 0 || (fromLow === 0 && low?.inclusive === true)) &&
      (fromHigh < 0 || (fromHigh === 0 && high?.inclusive === true))
    );
  };
}

function wordsPredicate(glob: Glob): HitPredicate {
  const plain = plainText(glob);
  const matches = globMatcher(normalisedGlob(['many', ...glob, 'many']));
  const test = plain === undefined ? matches : (text: string) => text.includes(plain);
  return ({ record }) =>
    WORD_FIELDS.some((name) => {
      const text = record[name];
      return text !== undefined && test(foldCase(text));
    });
}

function inside(value: number, { low, high }: { readonly low?: number; readonly high?: number }): boolean {
  return value >= (low ?? -Infinity) && value <= (high ?? Infinity);
}

function textOf(hit: Hit, target: TextTarget): string | undefined {
  if (target.kind === 'label') {
    const labels = hit.record.labels;
    return labels !== undefined && Object.hasOwn(labels, target.name) ? labels[target.name] : undefined;
  }
  return target.name === 'class' ? hit.class : hit.record[target.name];
}

function valueOf(hit: Hit, name: SearchFieldName): unknown {
  if (name === 'received' || name === 'class' || name === 'block' || name === 'position') return hit[name];
  return hit.record[name];
}
