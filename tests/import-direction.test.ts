import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';
import { ROOT, sourceFiles } from './source-files.ts';

// Which package may import which, and the collector's stages by height: a stage may import those before it in the list,
// never those after. The door stands above what it hands records to; followers and API stand above what they read.
const PACKAGE_FLOORS: Readonly<Record<string, readonly string[]>> = {
  format: [],
  agent: ['format'],
  collector: ['format', 'witness'],
  console: ['format'],
  witness: ['format'],
  cli: ['format', 'agent', 'collector', 'witness'],
};
const COLLECTOR_STAGES = [
  'ledger',
  'query',
  'normalise',
  'followers',
  'anchors',
  'retention',
  'auth',
  'doors',
  'metrics',
  'api',
];
// Tests and what only tests use may reach further: a browser test starts a real collector.
const TEST_ONLY = /\.test\.tsx?$|\/testing\/|-arbitrary\.ts$/;
const FORMAT_BUILTINS_ALLOWED = /^packages\/format\/src\/node[a-z-]*\.ts$/;

type Import = { readonly from: string; readonly specifier: string };

function importsOf(path: string): readonly string[] {
  const { module, errors } = parseSync(path, readFileSync(join(ROOT, path), 'utf8'));
  expect(errors, path).toEqual([]);
  const reexports = module.staticExports.flatMap((statement) =>
    statement.entries.map((entry) => entry.moduleRequest?.value),
  );
  const statics = module.staticImports.map((statement) => statement.moduleRequest.value);
  const source = readFileSync(join(ROOT, path), 'utf8');
  const dynamics = module.dynamicImports.map(({ moduleRequest }) =>
    source.slice(moduleRequest.start, moduleRequest.end).replaceAll(/['"`]/g, ''),
  );
  return [...new Set([...statics, ...reexports, ...dynamics].filter((value) => value !== undefined))];
}

const files = sourceFiles(/^packages\/[a-z]+\/src\/.*\.tsx?$/).filter((path) => !TEST_ONLY.test(path));
const imports: readonly Import[] = files.flatMap((from) => importsOf(from).map((specifier) => ({ from, specifier })));

function packageOf(path: string): string {
  return path.split('/')[1] ?? '';
}

test('the import graph was really read', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(imports.length).toBeGreaterThan(files.length);
});

test('packages import downwards only', () => {
  const wrong = imports.filter(({ from, specifier }) => {
    const target = /^@portledger\/([a-z]+)/.exec(specifier)?.[1];
    return target !== undefined && !PACKAGE_FLOORS[packageOf(from)]?.includes(target);
  });
  expect(wrong).toEqual([]);
});

test('relative imports stay inside their package', () => {
  const wrong = imports.filter(({ from, specifier }) => {
    if (!specifier.startsWith('.')) return false;
    const target = relative(ROOT, resolve(ROOT, dirname(from), specifier));
    return packageOf(target) !== packageOf(from);
  });
  expect(wrong).toEqual([]);
});

test('format depends on nothing, not even on Node, outside its Node entry', () => {
  const wrong = imports.filter(
    ({ from, specifier }) =>
      packageOf(from) === 'format' && !specifier.startsWith('.') && !FORMAT_BUILTINS_ALLOWED.test(from),
  );
  expect(wrong).toEqual([]);
});

test('the collector flows one way', () => {
  const stage = (path: string): number => COLLECTOR_STAGES.indexOf(path.split('/')[3] ?? '');
  const wrong = imports.filter(({ from, specifier }) => {
    if (packageOf(from) !== 'collector' || !specifier.startsWith('.')) return false;
    const target = stage(relative(ROOT, resolve(ROOT, dirname(from), specifier)));
    return target !== -1 && stage(from) !== -1 && target > stage(from);
  });
  expect(wrong).toEqual([]);
});

test('there are no import circles, type-only ones included', () => {
  const edges = new Map<string, string[]>();
  for (const { from, specifier } of imports) {
    if (!specifier.startsWith('.')) continue;
    const target = relative(ROOT, resolve(ROOT, dirname(from), specifier));
    edges.set(from, [...(edges.get(from) ?? []), target]);
  }
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path]);
    if (done.has(path) || trail.includes(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of files) visit(path, []);
  expect(circles).toEqual([]);
});
