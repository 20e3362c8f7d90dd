// Writes the verifier that an auditor runs without Portledger: one file of plain JavaScript, readable from top to bottom,
// that needs nothing but Node.
//
//   node packages/format/write-verifier.mjs FILE       writes it
//   node packages/format/write-verifier.mjs --check    makes it, and checks that it is what it claims to be
//
// The same sources always give the same bytes: the SHA-256 that is printed can be compared with a published one.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { format } from 'oxfmt';
import { rolldown } from 'rolldown';

const HERE = import.meta.dirname;
/** Bytes that a person can still be asked to read. */
const VERIFIER_BYTES_MAX = 100_000;
/** What is written for speed, and what is written to be read instead; tests hold the two of each together. */
const PLAIN = new Map([
  ['check-lines.ts', 'check-lines-plainly.ts'],
  ['base64.ts', 'node-base64-plainly.ts'],
  ['timestamps.ts', 'timestamps-plainly.ts'],
  ['canonical-json.ts', 'canonical-json-plainly.ts'],
  ['node-lines-root.ts', 'node-lines-root-plainly.ts'],
  ['strict-parse.ts', 'strict-parse-plainly.ts'],
  ['manifest.ts', 'manifest-plainly.ts'],
  ['tlog-policy.ts', 'tlog-policy-plainly.ts'],
  ['verify-accounting.ts', 'verify-accounting-plainly.ts'],
  ['node-served-ledger.ts', 'node-served-ledger-plainly.ts'],
  ['node-pack-files.ts', 'node-pack-files-plainly.ts'],
  ['tree-files.ts', 'tree-files-plainly.ts'],
  ['sequence-ranges.ts', 'sequence-ranges-plainly.ts'],
  ['batch-signatures.ts', 'batch-signatures-plainly.ts'],
  ['stream-watch.ts', 'stream-watch-plainly.ts'],
  ['read-statements.ts', 'read-statements-plainly.ts'],
  ['verify-unsealed.ts', 'verify-unsealed-plainly.ts'],
]);
const ENTRY = 'verify-entry.mjs';
const ENTRY_SOURCE = `
import { runVerifier } from './src/node-verifier.ts';
process.exitCode = await runVerifier(process.argv.slice(2), console.log, console.error);
`;

const HEAD = `#!/usr/bin/env node
// verify.mjs: checks a Portledger ledger without Portledger. License: Apache-2.0.
//
//   node verify.mjs FOLDER | PACK | URL [--policy FILE] [--key KEY]
//
// Made from packages/format by write-verifier.mjs. It imports only Node's own modules, listed first, opens files for
// reading alone, and no connection but to a URL that it is given. Formats: RFC 6962 (tree), C2SP signed-note, tlog-checkpoint, tlog-tiles; RFC 8785
// (lines), RFC 8878 (zstd). Each part is headed by the file that it comes from.
`;

const NODE_GUARD = `if (typeof zstdDecompressSync !== 'function') {
  console.error(\`verify.mjs needs Node 22.15 or later, for zstd; this is Node \${process.versions.node}.\`);
  process.exit(2);
}
`;

/** A named import of what an older Node lacks would end in a linker's words before any of ours are said. */
function importWhole(code) {
  return code.replaceAll(/^import \{([^}]+)\} from "(node:[a-z/]+)";$/gm, (_, names, module) => {
    const whole = module.replace('node:', '').replaceAll('/', '_');
    return `import * as ${whole} from "${module}";\nconst {${names.replaceAll(' as ', ': ')}} = ${whole};`;
  });
}

/** Letters of a comment that is carried over from the source. */
const COMMENT_LETTERS_MAX = 100;

/** Of a comment of many lines what its first sentence says: the whole of it stands in the source, which the file names. */
function shortComments(code) {
  return code.replaceAll(/^([ \t]*)\/\*\*\n((?:[ \t]*\*(?!\/).*\n)+)[ \t]*\*\/\n/gm, (_, indent, body) => {
    const text = body
      .replaceAll(/^[ \t]*\* ?/gm, '')
      .replaceAll('\n', ' ')
      .trim();
    const first = /^.*?[.:;](?= [A-Z`]|$)/.exec(text)?.[0] ?? text;
    return first.length > COMMENT_LETTERS_MAX ? '' : `${indent}/** ${first} */\n`;
  });
}

/** Laid out to be read on a screen, and short enough to be read to the end. */
const LAYOUT = {
  printWidth: 140,
  useTabs: true,
  objectWrap: 'collapse',
  singleQuote: true,
  semi: false,
  trailingComma: 'none',
  arrowParens: 'avoid',
};

async function makeVerifier() {
  const bundle = await rolldown({
    input: ENTRY,
    cwd: HERE,
    platform: 'node',
    external: /^node:/,
    plugins: [
      {
        name: 'entry',
        resolveId(id, importer) {
          if (id === ENTRY) return join(HERE, ENTRY);
          const plain = PLAIN.get(basename(id));
          return plain === undefined ? undefined : join(dirname(importer ?? HERE), dirname(id), plain);
        },
        load: (id) => (id === join(HERE, ENTRY) ? ENTRY_SOURCE : undefined),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm', minify: false, comments: true });
  await bundle.close();
  const code = shortComments(importWhole(output[0].code));
  const imports = code.match(/^(?:import .*|const \{.*\} = \w+;)\n/gm) ?? [];
  const lastImport = imports.at(-1) ?? '';
  const end = code.lastIndexOf(lastImport) + lastImport.length;
  const laidOut = await format(ENTRY, `${HEAD}${code.slice(0, end)}${NODE_GUARD}${code.slice(end)}`, LAYOUT);
  if (laidOut.errors.length > 0) throw new Error(laidOut.errors[0]?.message);
  return laidOut.code;
}

/** What is wrong with it, if anything. */
function faultsOf(text) {
  const imported = [...text.matchAll(/^import .* from ["']([^"']+)["'];?$/gm)].map(([, name]) => name);
  if (/\bimport\(|\brequire\(/.test(text)) imported.push('something at run time');
  const foreign = imported.filter((name) => !name.startsWith('node:'));
  const faults = foreign.map((name) => `imports ${name}`);
  if (imported.length === 0) faults.push('imports nothing, so it can read nothing');
  if (Buffer.byteLength(text) >= VERIFIER_BYTES_MAX)
    faults.push(`is ${Buffer.byteLength(text)} bytes; at most ${VERIFIER_BYTES_MAX}`);
  if (/node:(net|https?|http2|tls|dgram|dns|child_process)/.test(text)) faults.push('could open a connection');
  if (text.split(/\bfetch\(/).length !== 2) faults.push('opens connections in another place than one');
  return faults;
}

const [argument] = process.argv.slice(2);
if (argument === undefined) {
  process.stderr.write('Usage: node packages/format/write-verifier.mjs FILE | --check\n');
  process.exit(2);
}
const text = await makeVerifier();
const faults = faultsOf(text);
if (text !== (await makeVerifier())) faults.push('is not the same when made again');
if (argument !== '--check') writeFileSync(argument, text, { mode: 0o755 });
const digest = createHash('sha256').update(text).digest('hex');
process.stdout.write(`verify.mjs: ${Buffer.byteLength(text)} bytes, sha256 ${digest}\n`);
for (const fault of faults) process.stderr.write(`verify.mjs ${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
