import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { FAULTS } from './fault-catalogue.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);

type Entry = { readonly status: number; readonly message: string; readonly remedy?: string };
const entries: readonly (readonly [string, Entry])[] = Object.entries(FAULTS);

async function headings(file: string): Promise<Set<string>> {
  const text = await readFile(new URL(file, DOCS), 'utf8');
  return new Set(
    [...text.matchAll(/^### `(?:portledger )?([a-z][a-z_. ]*?)(?: [<[].*)?`$/gm)].map(([, name]) => name ?? ''),
  );
}

test('every remedy names only configuration keys and commands that there are', async () => {
  const keys = await headings('configuration.md');
  const commands = await headings('cli.md');
  expect([keys.size, commands.size].every((size) => size > 15)).toBe(true);
  let named = 0;
  for (const [code, { remedy = '' }] of entries) {
    for (const [, key] of remedy.matchAll(/"([^"]+)" in portledger\.yaml/g)) {
      expect([code, key, keys.has(key ?? '')]).toEqual([code, key, true]);
      named += 1;
    }
    for (const [, command] of remedy.matchAll(/portledger ([a-z][a-z ]*)/g)) {
      expect([code, command, commands.has(command ?? '')]).toEqual([code, command, true]);
      named += 1;
    }
    // A key or command that is named in another way would go unseen here.
    expect(remedy.match(/portledger(?! [a-z]|\.yaml)/g)).toBeNull();
  }
  expect(named).toBeGreaterThan(9);
});

test('the page of errors says of each what the collector says', async () => {
  const page = await readFile(new URL('reference/errors.md', DOCS), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\d+) \| (.*?) \| (.*?) ?\|$/gm)].map(
    ([, code = '', status, message, remedy]) => `${code} ${status} ${message} ${remedy}`,
  );
  expect(rows).toEqual(
    entries.map(([code, { status, message, remedy = '' }]) => `${code} ${status} ${message} ${remedy}`),
  );
});
