import { existsSync } from 'node:fs';
import { mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Invocation } from './invocation.ts';
import { painter } from './output/paint.ts';
import { programOf } from './program.ts';
import { BIN, run, startProgram, temporaryDir } from './testing/portledger.ts';

const OLD_NODE = ['/usr/bin/node', '/usr/local/bin/node'].find((file) => existsSync(file));
const DOCS = new URL('../../../docs/cli.md', import.meta.url);

/** Told once in docs/cli.md for all commands. */
const SHARED_OPTIONS = new Set(['--server', '--token', '--token-file', '--data', '--config']);

function invocationInto(lines: string[]): Invocation {
  const take = (line: string) => void lines.push(line);
  return {
    bin: BIN,
    checkout: '/',
    version: '0.0.0',
    hostName: 'host',
    workingDir: '/',
    environment: {},
    stdin: Readable.from([]),
    terminal: {
      out: take,
      err: take,
      errRaw: take,
      drained: () => Promise.resolve(),
      outColumns: undefined,
      errColumns: undefined,
      paint: painter(false),
      errPaint: painter(false),
      nowMs: () => 0,
    },
    stop: new AbortController().signal,
    onHurry: () => undefined,
    supervisor: undefined,
  };
}

describe('the command line', () => {
  test('every command has help with examples and exit codes, and stands in docs/cli.md with all its options', async () => {
    const page = await readFile(DOCS, 'utf8');
    const help: string[] = [];
    const program = programOf({ invocation: invocationInto(help), settle: () => undefined });
    const leaves = program.commands.flatMap((top) =>
      top.commands.length === 0 ? [[top]] : top.commands.map((sub) => [top, sub]),
    );
    expect(leaves.length).toBeGreaterThan(18);
    for (const path of leaves) {
      const command = path.at(-1) ?? program;
      const name = path.map((part) => part.name()).join(' ');
      help.length = 0;
      command.outputHelp();
      expect(help.join('\n'), name).toMatch(/Usage:[\s\S]*Examples:[\s\S]*Exit codes:/);
      const section = page.split(`\n### \`portledger ${name}`)[1]?.split('\n### ')[0] ?? '';
      expect(section, `${name} in docs/cli.md`).not.toBe('');
      for (const { long } of command.options)
        if (!SHARED_OPTIONS.has(long ?? '')) expect(section, name).toContain(`\`${long}`);
    }
    const [, , text = ''] = [await run(['--help']), await run(['search', '--help'])]
      .map(({ out }) => out)
      .join('\n\n')
      .split('Usage:');
    expect(text).toContain('who reached PostgreSQL');
  });

  test.each([
    [['serch'], "unknown command 'serch'", 'did you mean search?'],
    [['search', '--limti', '3'], "unknown option '--limti'", 'did you mean --limit?'],
    [['search', '--limit', 'many'], '--limit takes a whole number', ''],
    [['search', '--format', 'xml'], '--format takes one of table, jsonl, csv, yaml, template', ''],
    [['search', '--fields', 'usr'], 'no record has a field "usr"', 'did you mean user?'],
    [['search', '--all', '--limit', '3'], '--all and --limit contradict', ''],
    [['search', '--from', '] OR user:x'], '--from takes a time', 'now-1h'],
    [['search', '--server', 'nowhere'], '--server takes an address', ''],
    [['top'], "missing required argument 'field'", '--help'],
    [['up', '--listen', 'nowhere'], 'is not HOST:PORT', 'config check'],
    [['up', '--capture', 'magic'], '"magic" is not one of auto, ebpf, sock-diag, none', ''],
    [['config', 'check', '--config', '/nonexistent.yaml'], "can't read the configuration", '--config'],
    [['token', 'create', 'x'], "required option '--role <role>' not specified", '--help'],
    [
      ['verify', '--vkey', 'nonsense', '--data', '/nonexistent'],
      '--key is neither a verifier key nor a file',
      'name+8 hex digits',
    ],
  ])('%j is refused with exit code 2: %s', async (args, message, remedy) => {
    const { code, out, err } = await run(args);
    expect(err).toContain(message);
    expect(err).toContain(remedy);
    expect(err).not.toMatch(/^\s+at /m);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  test('no collector to be reached is exit code 3, no token 4', async () => {
    await using dir = await temporaryDir();
    expect(await run(['search', '--data', dir.path])).toMatchObject({
      code: 3,
      err: expect.stringContaining('portledger up'),
    });
    const args = ['search', '--server', 'http://127.0.0.1:1', '--config', path.join(dir.path, 'portledger.yaml')];
    await writeFile(path.join(dir.path, 'portledger.yaml'), 'data: nowhere\n');
    expect((await run([...args, '--token', 'plt_x'])).code).toBe(3);
    expect((await run(args)).code).toBe(4);
  });

  test('config print shows values with their origins, and can be read back', async () => {
    await using dir = await temporaryDir();
    const file = path.join(dir.path, 'portledger.yaml');
    await writeFile(file, 'agent:\n  heartbeat_interval: 30s\n  token_file: secret\n');
    await writeFile(path.join(dir.path, 'secret'), 'plt_very_secret\n');
    const { out } = await run(['config', 'print', '--config', file], {
      environment: { PORTLEDGER_LISTEN: '127.0.0.1:9000' },
    });
    expect(out).toMatch(/^listen: 127\.0\.0\.1:9000 +# PORTLEDGER_LISTEN$/m);
    expect(out).toMatch(new RegExp(`^  heartbeat_interval: 30s +# ${file}:2$`, 'm'));
    expect(out).not.toContain('plt_very_secret');
    await writeFile(file, out);
    expect((await run(['config', 'check', file])).code).toBe(0);
  });

  test('runs through a link and from any working directory', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'portledger-link-'));
    await using _ = {
      [Symbol.asyncDispose]: () => import('node:fs/promises').then(({ rm }) => rm(dir, { recursive: true })),
    };
    await symlink(BIN, path.join(dir, 'portledger'));
    const { out } = await startProgram(process.execPath, [path.join(dir, 'portledger'), 'version'], { workingDir: '/' })
      .ended;
    expect(out).toMatch(/^portledger \d+\.\d+\.\d+, Node 2[4-9]\./);
  });

  test.skipIf(OLD_NODE === undefined)(
    'an older Node hands over to the pinned one, exit code and all (needs another Node)',
    async () => {
      const version = await startProgram(OLD_NODE ?? '', [BIN, 'version']).ended;
      expect(version.out).toMatch(/Node 2[4-9]\./);
      expect((await startProgram(OLD_NODE ?? '', [BIN, 'nonsense']).ended).code).toBe(2);
    },
  );

  test('a reader that has seen enough ends it quietly', async () => {
    const { code, err } = await startProgram('/bin/sh', ['-c', `${process.execPath} ${BIN} config schema | head -1`])
      .ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});
