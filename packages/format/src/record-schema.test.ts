import Ajv2020 from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isIP } from 'node:net';
import { anyRecord } from './record-arbitrary.ts';
import { recordReference } from './record-reference.ts';
import { recordJsonSchema } from './record-schema.ts';

const REFERENCE = new URL('../../../docs/reference/', import.meta.url);

test('the schema takes every record', () => {
  const ajv = new Ajv2020.Ajv2020({ strictTypes: false, allErrors: true });
  ajv.addFormat('ipv4', (text) => isIP(text) === 4);
  ajv.addFormat('ipv6', (text) => isIP(text) === 6);
  ajv.addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)));
  const validate = ajv.compile(recordJsonSchema());
  fc.assert(
    fc.property(anyRecord, (record) => {
      expect(validate(record), JSON.stringify(validate.errors)).toBe(true);
    }),
  );
  const [record] = fc.sample(anyRecord, 1);
  for (const change of [
    { v: 2 },
    { src_port: 65_536 },
    { src_ip: 'x' },
    { action: 'x' },
    { extra: 'x' },
    { labels: {} },
    { session: '"' },
    { user: '' },
  ]) {
    expect(validate({ ...record, ...change }), JSON.stringify(change)).toBe(false);
  }
});

test('the published schema and reference are those of the field table', () => {
  expect(readFileSync(new URL('record.schema.json', REFERENCE), 'utf8')).toBe(
    `${JSON.stringify(recordJsonSchema(), null, 2)}\n`,
  );
  expect(readFileSync(new URL('record.md', REFERENCE), 'utf8')).toBe(recordReference());
});
