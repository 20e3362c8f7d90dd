import { ipText, timestampFromMicros } from '@portledger/format';
import { plainText, type Glob } from './glob.ts';
import { formatIpRange } from './ip-range.ts';
import type { Query, Term, TextBound, TextTarget } from './query.ts';

/** Prints a query in the filter language. Parsing the print gives the same query. */
export function formatQuery(query: Query): string {
  if (query.kind === 'all') return '*:*';
  if (query.kind === 'or') return query.operands.map(formatQuery).join(' OR ');
  if (query.kind === 'and') {
    return query.operands
      .map((operand) => (operand.kind === 'or' ? group(operand) : formatQuery(operand)))
      .join(' AND ');
  }
  if (query.kind === 'not') {
    const { operand } = query;
    return `NOT ${operand.kind === 'and' || operand.kind === 'or' ? group(operand) : formatQuery(operand)}`;
  }
  return formatTerm(query);
}

function group(query: Query): string {
  return `(${formatQuery(query)})`;
}

function formatTerm(term: Term): string {
  switch (term.kind) {
    case 'field-exists':
      return `${term.name}:*`;
    case 'label-exists':
      return `${targetName({ kind: 'label', name: term.name })}:*`;
    case 'text-equals':
      return `${targetName(term.target)}:${quoted(term.value)}`;
    case 'text-glob':
      return `${targetName(term.target)}:${formatGlob(term.glob)}`;
    case 'text-range':
      return `${targetName(term.target)}:${textRange(term.low, term.high)}`;
    case 'integer-range':
      return `${term.name}:${closedRange(term.low, term.high, String)}`;
    case 'time-range':
      return `${term.name}:${closedRange(term.low, term.high, (micros) => quoted(timestampFromMicros(micros)))}`;
    case 'ip-range': {
      const block = formatIpRange(term);
      return `${term.name}:${block === undefined ? `[${ipOf(term.low)} TO ${ipOf(term.high)}]` : quoted(block)}`;
    }
    case 'words': {
      const plain = plainText(term.glob);
      return plain === undefined ? formatGlob(term.glob) : quoted(plain);
    }
    default:
      return term satisfies never;
  }
}

function ipOf(hex: string): string {
  return ipText(Buffer.from(hex, 'hex'));
}

function targetName(target: TextTarget): string {
  return target.kind === 'field' ? target.name : `labels.${escaped(target.name)}`;
}

function closedRange(low: number | undefined, high: number | undefined, print: (value: number) => string): string {
  if (low !== undefined && low === high) return print(low);
  return `[${low === undefined ? '*' : print(low)} TO ${high === undefined ? '*' : print(high)}]`;
}

function textRange(low: TextBound | undefined, high: TextBound | undefined): string {
  const open = low?.inclusive === true ? '[' : '{';
  const close = high?.inclusive === true ? ']' : '}';
  return `${open}${low === undefined ? '*' : quoted(low.value)} TO ${high === undefined ? '*' : quoted(high.value)}${close}`;
}

function formatGlob(glob: Glob): string {
  return glob
    .map((part) => {
      if (part === 'many') return '*';
      if (part === 'one') return '?';
      return escaped(part.literal);
    })
    .join('');
}

/** A backslash before every code point that is not a plain letter or digit: nothing is left that the scanner could take for its own. */
function escaped(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_]/gu, String.raw`\$&`);
}

function quoted(text: string): string {
  const inner = text.replaceAll(/["\\\p{Cc}]/gu, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${inner}"`;
}
