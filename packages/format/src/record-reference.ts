import { FIELDS, type FieldSpec } from './fields.ts';
import { LABELS_MAX, LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX, LINE_BYTES_MAX } from './limits.ts';
import { ACTION_SYNONYMS } from './synonyms.ts';

function typeOf(field: FieldSpec): string {
  switch (field.kind) {
    case 'string':
    case 'text':
      return `text, up to ${field.bytesMax} bytes${field.escapeFree === true ? ', no quotation marks, backslashes or control characters' : ''}`;
    case 'ip':
      return 'IPv4 or IPv6 address';
    case 'timestamp':
      return 'time';
    case 'integer':
    case 'port':
      return `whole number, 0 to ${field.integerMax}`;
    case 'enum':
      return field.values.map((value) => `\`${value}\``).join(', ');
    case 'version':
      return '1';
    case 'labels':
      return `object of up to ${LABELS_MAX} texts; names up to ${LABEL_NAME_BYTES_MAX} bytes, values up to ${LABEL_VALUE_BYTES_MAX}`;
    default:
      return field satisfies never;
  }
}

function synonymRows(): string[] {
  const terms = new Map<string, string[]>();
  for (const [word, action] of Object.entries(ACTION_SYNONYMS)) {
    terms.set(action, [...(terms.get(action) ?? []), `\`${word}\``]);
  }
  return [...terms].map(([action, words]) => `| \`${action}\` | ${words.join(', ')} |`);
}

/** The record's reference page for users, in Markdown, made from the field table. */
export function recordReference(): string {
  return `# The access record

<!-- Made from the field table by packages/format/write-schema.mjs: change it there. -->

A record is one access. Every record is kept as one line of JSON (RFC 8785), at most ${LINE_BYTES_MAX} bytes. An absent field means
unknown. The schema for machines is [record.schema.json](record.schema.json).

## Fields

| field | value | meaning |
|---|---|---|
${FIELDS.map((field) => `| \`${field.name}\`${field.required ? ' (always)' : ''} | ${typeOf(field)} | ${field.description} |`).join('\n')}

## What you may send

The five fields \`timestamp\`, \`user\`, \`src_port\`, \`dest_port\` and \`action\` are enough; only \`timestamp\` and \`action\` must be
there. Who reported the record (\`observer\`, \`session\`, \`seq\`) is filled in unless you send all three.

- **Times**: RFC 3339 with an offset (\`2026-11-22T14:36:49.5+01:00\`), or time since the epoch as a number or its digits. The
  unit is told by the size: below 10^10 seconds, below 10^13 milliseconds, below 10^16 microseconds, below 10^19 nanoseconds.
  What is finer than a microsecond is cut off. A local time without an offset is refused.
- **Whole numbers** may be written as text: \`"5432"\`.
- **Addresses** in any notation are kept in their canonical one (RFC 5952); IPv4 mapped into IPv6 becomes IPv4.
- **Enumerated words** in any case, with \`_\` or a space for \`-\`. \`protocol\` also takes IANA numbers; a transport that has no
  word becomes \`other\`, and the label \`protocol\` keeps what you sent.
- **\`null\` and empty text** mean unknown.
- **Fields that the record has not** are kept as labels, nested values as JSON text. Where a label of that name is there
  already, the next is named with \`_2\`, \`_3\` and so on.
- **\`received\` and \`class\`**, which exports show, are passed over.

What can't be read is refused with the field, the reason and a remedy. Nothing is cut short.

## Words taken for an action

| action | also |
|---|---|
${synonymRows().join('\n')}
`;
}
