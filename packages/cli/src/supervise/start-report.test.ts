import { expect, test } from 'vitest';
import { displayWidth } from '../output/display-width.ts';
import type { Terminal } from '../output/terminal.ts';
import { captureLines, startLines } from './start-report.ts';

const nowhere = (): void => {};
function terminalOf(outColumns: number | undefined): Terminal {
  const paint = (_style: string, text: string): string => text;
  return {
    out: nowhere,
    err: nowhere,
    drained: async () => {},
    paint,
    errPaint: paint,
    outColumns,
    errColumns: undefined,
    errRaw: nowhere,
    nowMs: () => 0,
  };
}

const ready = {
  kind: 'collector-ready',
  url: 'http://127.0.0.1:7071',
  signInUrl: 'http://127.0.0.1:7071/#signin=abc',
  // The example key of golang.org/x/mod/sumdb/note.
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
} as const;
const capture = { kind: 'agent-ready', mode: 'ebpf', sees: 'word '.repeat(60), misses: ['thing '.repeat(40)] } as const;

test('what a start tells fits the terminal, and is whole where there is none', () => {
  const linesFor = (outColumns: number | undefined) => [
    ...startLines({ ready, dataDir: '/var/lib/portledger', consoleOn: true, version: '1.0.0' }, terminalOf(outColumns)),
    ...captureLines(capture, terminalOf(outColumns)),
  ];
  for (const columns of [70, 80, 120])
    for (const line of linesFor(columns)) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
  expect(linesFor(undefined).filter((line) => line.includes('a fresh one: portledger console'))).toHaveLength(1);
});
