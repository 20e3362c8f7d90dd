// `npm run check`: every static check. Each proves how many files it read, because a check that read nothing passes too.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { productNode, ROOT, run } from './setup.mjs';

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);

async function trackedFiles(pattern) {
  const { output } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...pattern]);
  return output.split('\n').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

/** One check: what it ran, how many files it read, how many it had to read. */
function verdict(name, { code, output }, filesRead, filesWanted) {
  if (code !== 0) return { name, ok: false, detail: output.trim() };
  if (filesRead < filesWanted) {
    return {
      name,
      ok: false,
      detail: `read only ${filesRead} files of ${filesWanted}: it passed without looking\n${output.trim()}`,
    };
  }
  return { name, ok: true, detail: `${filesRead} files` };
}

async function types() {
  const wanted = await trackedFiles(['packages/*/src/*.ts', 'packages/*/src/*.tsx', 'tests/*.ts', 'bench/*.ts']);
  const listed = await run(bin('tsc'), ['-p', '.', '--listFilesOnly']);
  const read = new Set(listed.output.split('\n').map((line) => line.replace(`${ROOT}/`, '').trim()));
  return verdict(
    'types (tsc)',
    await run(bin('tsc'), ['-p', '.']),
    wanted.filter((path) => read.has(path)).length,
    wanted.length,
  );
}

async function lint() {
  const wanted = await trackedFiles(['*.ts', '*.tsx', '*.mjs']);
  const result = await run(bin('oxlint'), ['--type-aware', '--deny-warnings']);
  const read = Number(/on (\d+) files?/.exec(result.output)?.[1] ?? 0);
  return verdict('lint, type-aware (oxlint)', result, read, wanted.length);
}

async function formatting() {
  const wanted = await trackedFiles(['*.ts', '*.tsx', '*.mjs', '*.css']);
  const result = await run(bin('oxfmt'), ['--check']);
  const read = Number(/on (\d+) files?/.exec(result.output)?.[1] ?? 0);
  return verdict('formatting (oxfmt)', result, read, wanted.length);
}

async function deadCode() {
  const wanted = await trackedFiles(['packages/*/src/*.ts', 'packages/*/src/*.tsx']);
  const result = await run(bin('knip'), ['--no-progress']);
  const debug = await run(bin('knip'), ['--no-progress', '--debug']);
  const read = wanted.filter((path) => debug.output.includes(path)).length;
  return verdict('dead code (knip)', result, read, wanted.length);
}

async function published() {
  const scripts = await trackedFiles([
    'packages/*/write-*.mjs',
    'packages/*/scripts/write-*.mjs',
    'scripts/write-*.mjs',
  ]);
  const results = [];
  for (const script of scripts) results.push(await run(productNode(), [script, '--check']));
  const broken = results.find(({ code }) => code !== 0);
  return verdict('published references are current', broken ?? { code: 0, output: '' }, scripts.length, 1);
}

export const CHECKS = [types, lint, formatting, deadCode, published];

if (import.meta.filename === process.argv[1]) {
  let failed = 0;
  for (const check of CHECKS) {
    const { name, ok, detail } = await check();
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
    if (!ok) failed += 1;
  }
  process.exit(failed === 0 ? 0 : 1);
}
