// Writes docs/reference/record.schema.json and record.md from the field table; with --check only says whether they are
// up to date (exit code 1 where they are not).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { recordJsonSchema, recordReference } from './src/index.ts';

const folder = new URL('../../docs/reference/', import.meta.url);
const files = [
  ['record.schema.json', `${JSON.stringify(recordJsonSchema(), null, 2)}\n`],
  ['record.md', recordReference()],
];

function readIfThere(url) {
  try {
    return readFileSync(url, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

if (process.argv.includes('--check')) {
  const stale = files.filter(([name, text]) => readIfThere(new URL(name, folder)) !== text).map(([name]) => name);
  if (stale.length > 0) {
    process.stderr.write(
      `out of date in docs/reference: ${stale.join(', ')}; run node packages/format/write-schema.mjs\n`,
    );
    process.exitCode = 1;
  }
} else {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of files) {
    writeFileSync(new URL(name, folder), text);
  }
}
