// Writes docs/reference/openapi.json from the routes' schemas, or, with --check, fails when it is not what they say.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import manifest from './package.json' with { type: 'json' };
import { openapiDocument } from './src/openapi-document.ts';

const file = new URL('../../docs/reference/openapi.json', import.meta.url);
const document = `${JSON.stringify(await openapiDocument(manifest.version), undefined, 2)}\n`;

function standing() {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

if (!process.argv.includes('--check')) {
  writeFileSync(file, document);
} else if (standing() !== document) {
  process.stderr.write('docs/reference/openapi.json is out of date: node packages/collector/write-openapi.mjs\n');
  process.exitCode = 1;
}
