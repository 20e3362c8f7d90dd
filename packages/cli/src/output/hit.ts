/** A field's value as the API serves it. */
type FieldValue = string | number | Readonly<Record<string, string>>;

/** One found record: where it stands in the ledger, what the collector knows of it, and its fields. */
export type Hit = {
  readonly block: number;
  readonly position: number;
  readonly received: string;
  readonly class: string;
  readonly record: Readonly<Record<string, FieldValue>>;
};

/** Reads a hit from the API's JSON; undefined when it is none. Fields of later versions are kept. */
export function readHit(input: unknown): Hit | undefined {
  if (!isObject(input) || !isObject(input['record'])) return undefined;
  const { block, position, received, class: retentionClass } = input;
  if (typeof block !== 'number' || typeof position !== 'number' || typeof received !== 'string') return undefined;
  const record: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(input['record'])) {
    const read = readFieldValue(value);
    if (read !== undefined) record[name] = read;
  }
  return { block, position, received, class: typeof retentionClass === 'string' ? retentionClass : '', record };
}

export function isObject(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

/** A field as plain text: labels as JSON, an absent field as the empty text. */
export function fieldText(hit: Hit, name: string): string {
  switch (name) {
    case 'received':
      return hit.received;
    case 'class':
      return hit.class;
    case 'block':
      return String(hit.block);
    case 'position':
      return String(hit.position);
    default:
      return valueText(name.startsWith('labels.') ? labelOf(hit, name.slice('labels.'.length)) : hit.record[name]);
  }
}

function labelOf(hit: Hit, label: string): FieldValue | undefined {
  const labels = hit.record['labels'];
  return typeof labels === 'object' ? labels[label] : undefined;
}

function valueText(value: FieldValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function readFieldValue(value: unknown): FieldValue | undefined {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  );
}
