import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from './config-schema.ts';
import { readConfig } from './config.ts';
import { ALL_SETTINGS } from './settings.ts';

const ROOT = new URL('../../../../', import.meta.url);

describe('JSON Schema of the configuration', () => {
  test('the published one is this one', () => {
    const published = readFileSync(new URL('docs/reference/config.schema.json', ROOT), 'utf8');
    expect(published, 'write it anew: node packages/cli/write-config-schema.mjs').toBe(
      `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
    );
  });

  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(configJsonSchema());

  test.each([
    ['{}', true],
    ['data: /srv\nagent:\n', true],
    ['listen: 127.0.0.1:7071', true],
    ['listen: nowhere', false],
    ['agent: { spool: { max: 1GiB } }', true],
    ['agent: { spool: { max: 1048576 } }', true],
    ['agent: { spool: { max: 8M } }', false],
    ['agent: { capture: sock-diag }', true],
    ['agent: { capture: magic }', false],
    ['ledger: { seal_interval: 1s }', true],
    ['ledger: { seal_interval: 1 second }', false],
    ['console: { enabled: false }', true],
    ['console: { enabled: "yes" }', false],
    ['collector: { hosts_allowed: [a.example.com] }', true],
    ['unknown: 1', false],
  ])('says of %j what the command says: %s', (content, isGood) => {
    const inputs = { place: { checkout: '/', hostName: 'h' }, workingDir: '/', environment: {}, flags: [] };
    expect(readConfig({ ...inputs, file: { name: 'portledger.yaml', content } }).ok).toBe(isGood);
    expect(validate(parse(content) ?? {})).toBe(isGood);
  });
});

describe('docs/configuration.md', () => {
  const page = readFileSync(new URL('docs/configuration.md', ROOT), 'utf8');
  const documented = [...page.matchAll(/^### `([a-z_.]+)`$/gm)].map(([, path]) => path);

  test('tells every key, and no other, in the same order', () => {
    expect(documented).toEqual(ALL_SETTINGS.map(({ path }) => path));
  });

  test('tells of each key what the schema tells', () => {
    for (const { path, about, env } of ALL_SETTINGS) {
      const section = page.split(`### \`${path}\`\n`)[1]?.split('\n#')[0] ?? '';
      expect(section, path).toContain(about);
      if (env !== undefined) expect(section, path).toContain(env);
    }
  });
});
