import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, test } from 'vitest';
import { ROOT, sourceFiles } from './source-files.ts';

// Style that no linter here checks, as a test. Each rule names the files that break it.
const LINES_MAX = 400;
const VAGUE_NAMES = /^(utils?|helpers?|common|manager|misc|shared|types)\b/;
// The edges: where unknown input becomes a precise type once, after it was checked or across a thread's boundary.
const EDGE_CASTS: Readonly<Record<string, number>> = {
  'packages/format/src/record-check.ts': 1, // every field was just checked
  'packages/collector/src/ledger/sealing-worker.ts': 1, // workerData has no type of its own
  'packages/collector/src/followers/index/following-index.ts': 1, // an answer carries its question's number
};

const sources = sourceFiles(/\.(ts|tsx|mjs|c|h|css)$/);
const typescript = sources.filter((path) => /\.tsx?$/.test(path));
const text = new Map(sources.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));

function linesWith(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    (text.get(path) ?? '')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

/** Type assertions in a file, `as const` left out. */
function castsIn(path: string): number {
  const source = text.get(path) ?? '';
  const tree: unknown = parseSync(path, source).program;
  let casts = 0;
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node && node.type === 'TSAsExpression' && 'typeAnnotation' in node) {
      const annotation: unknown = node.typeAnnotation;
      const isConst = /"name":"const"/.test(JSON.stringify(annotation));
      if (!isConst) casts += 1;
    }
    Object.values(node).forEach(visit);
  };
  visit(tree);
  return casts;
}

describe('tidy', () => {
  test('looks at the whole tree', () => {
    expect(sources.length).toBeGreaterThan(150);
    expect(typescript.length).toBeGreaterThan(120);
  });

  test(`no file is longer than ${LINES_MAX} lines`, () => {
    expect(sources.filter((path) => (text.get(path) ?? '').split('\n').length > LINES_MAX + 1)).toEqual([]);
  });

  test('file names are kebab-case nouns of the domain', () => {
    const wrong = sources.filter((path) => {
      const name = basename(path);
      return !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)+$/.test(name) || VAGUE_NAMES.test(name);
    });
    expect(wrong).toEqual([]);
  });

  test('no enum, namespace, any, silenced check, focused or hollow test', () => {
    const own = typescript.filter((path) => path !== 'tests/tidy.test.ts');
    expect(linesWith(own, /^\s*(export )?(const )?enum |^\s*namespace /)).toEqual([]);
    expect(linesWith(own, /[:<]\s*any\b|\bas any\b/)).toEqual([]);
    expect(linesWith(own, /@ts-(ignore|nocheck|expect-error)|(eslint|oxlint)-disable/)).toEqual([]);
    expect(linesWith(own, /\b(it|test|describe)\.(only|todo|skip)\(/)).toEqual([]);
    expect(linesWith(own, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  test('types are parsed at the edge, not asserted', () => {
    const own = typescript.filter(
      (path) => /^packages\/.*\/src\//.test(path) && !/\.test\.tsx?$|\/testing\/|-arbitrary\.ts$/.test(path),
    );
    const counts = Object.fromEntries(
      own.map((path) => [path, castsIn(path)] as const).filter(([path, casts]) => casts !== (EDGE_CASTS[path] ?? 0)),
    );
    expect(counts).toEqual({});
  });

  test('nothing is exported by default, and barrels are package entries only', () => {
    const own = typescript.filter((path) => !path.endsWith('.config.ts') && path !== 'tests/tidy.test.ts');
    expect(linesWith(own, /^export default /)).toEqual([]);
    const barrels = own.filter(
      (path) => basename(path) === 'index.ts' && !/^packages\/[a-z]+\/src\/index\.ts$/.test(path),
    );
    expect(barrels).toEqual([]);
  });

  test('nothing names a machine: no absolute paths of one, no registry address in the lock file', () => {
    const all = sourceFiles(/\.(ts|tsx|mjs|c|h|css|md|json|yaml|yml|html)$/).filter(
      (path) => path !== 'tests/tidy.test.ts',
    );
    const wrong = all.filter((path) => /(^|[^.\w-])\/(work|farm)\//m.test(readFileSync(join(ROOT, path), 'utf8')));
    expect(wrong).toEqual([]);
    expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/);
  });

  test('only the entry points read the environment', () => {
    const own = typescript.filter(
      (path) => /^packages\/(format|agent|collector|witness)\/src\//.test(path) && !path.endsWith('.test.ts'),
    );
    expect(linesWith(own, /process\.env/)).toEqual([]);
  });
});
