// Writes docs/reference/config.schema.json, or, with --check, fails when it is not what the settings say.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { configJsonSchema } from './src/config/config-schema.ts';

const file = new URL('../../docs/reference/config.schema.json', import.meta.url);
const schema = `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(file, schema);
} else if (readFileSync(file, 'utf8') !== schema) {
  process.stderr.write('docs/reference/config.schema.json is out of date: node packages/cli/write-config-schema.mjs\n');
  process.exitCode = 1;
}
