import type { Reading } from '../../auth/audit-trail.ts';
import { ACCESS_QUESTION_CHARACTERS_MAX } from '../../limits.ts';

/** A question as a label keeps it, on one line. */
export function queryLabel(query: string): string {
  return query
    .slice(0, ACCESS_QUESTION_CHARACTERS_MAX)
    .toWellFormed()
    .replaceAll(/[\r\n]/g, ' ');
}

/**
 * What was read, as labels: `kind` names the kinds of question, `fields` what was counted, `query` has each question on a
 * line of its own. An empty question, which asks for everything, is left out.
 */
export function readingLabels(readings: readonly Reading[]): Readonly<Record<string, string>> {
  const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)].filter((text) => text !== '');
  const queries = distinct(readings.map(({ query }) => queryLabel(query)));
  const fields = distinct(readings.map(({ field }) => field ?? ''));
  return {
    kind: distinct(readings.map(({ kind }) => kind)).join(', '),
    ...(fields.length === 0 ? {} : { fields: queryLabel(fields.join(', ')) }),
    ...(queries.length === 0 ? {} : { query: queries.join('\n') }),
  };
}
