import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { SETTINGS } from '../config/settings.ts';
import { configOf } from '../connection/collector-target.ts';
import { captureChecks } from '../doctor/capture-checks.ts';
import { clockCheck, collectorChecks } from '../doctor/collector-checks.ts';
import { good } from '../doctor/finding.ts';
import type { Finding } from '../doctor/finding.ts';
import { storageChecks } from '../doctor/storage-checks.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { wrapWords } from '../output/display-width.ts';
import { escapeControls } from '../output/escape.ts';
import type { Terminal } from '../output/terminal.ts';

const FORMATS = ['table', 'jsonl'] as const;
const MARKS = { good: ['green', '✓'], limited: ['yellow', '!'], broken: ['red', '✗'] } as const;

export function doctorCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'doctor',
    summary: 'tell what works here, what does not, and how to mend it',
    description:
      'Looks at the kernel, the privileges, the disk, the clock, the ports and the collector. Exit code 1 when something is broken.',
    examples: [
      ['sudo portledger doctor', 'what capture can do here'],
      ['portledger doctor --format jsonl', 'for another program'],
    ],
  });
  command
    .option('--data <dir>', 'data folder (PORTLEDGER_DATA)')
    .option('--config <file>', 'configuration file (PORTLEDGER_CONFIG)')
    .option('--format <format>', `${FORMATS.join(' or ')} (default: table)`);
  return runWith(command, line, doctor);
}

async function doctor(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const format = given.choice('format', FORMATS) ?? 'table';
  const config = await configOf(invocation, given);
  const dataDir = config.get(SETTINGS.data);
  const place = { dataDir, listen: config.get(SETTINGS.listen), checkout: invocation.checkout };
  const [capture, storage, clock, collector] = await Promise.all([
    captureChecks(),
    storageChecks(dataDir),
    clockCheck(),
    collectorChecks(place),
  ]);
  const findings = [
    good('node', process.version),
    good('configuration', config.file ?? 'no file: the defaults hold'),
    ...capture,
    ...storage,
    clock,
    ...collector,
  ];
  if (format === 'jsonl') for (const finding of findings) invocation.terminal.out(JSON.stringify(finding));
  else for (const text of report(findings, invocation.terminal)) invocation.terminal.out(text);
  return findings.some(({ state }) => state === 'broken') ? EXIT.failed : EXIT.ok;
}

function report(findings: readonly Finding[], { paint, outColumns }: Terminal): string[] {
  const width = Math.max(...findings.map(({ topic }) => topic.length));
  const indent = ' '.repeat(width + 4);
  const room = outColumns === undefined ? undefined : outColumns - indent.length - 2;
  const lines = findings.flatMap(({ topic, state, text, notes = [], remedy }) => {
    const [style, mark] = MARKS[state];
    const label = `${paint(style, mark)} ${paint('bold', escapeControls(topic).padEnd(width))}  `;
    const told = wrapWords(escapeControls(text), room).map((part, place) => (place === 0 ? label : indent) + part);
    const noted = notes
      .flatMap((note) => wrapWords(escapeControls(note), room))
      .map((part) => indent + paint('dim', part));
    const mended = remedy === undefined ? [] : wrapWords(escapeControls(remedy), room);
    return [
      ...told,
      ...noted,
      ...mended.map((part, place) => `${indent}${place === 0 ? paint('cyan', '→') : ' '} ${part}`),
    ];
  });
  return [...lines, '', verdictOf(findings, paint)];
}

function verdictOf(findings: readonly Finding[], paint: Terminal['paint']): string {
  const brokenCount = findings.filter(({ state }) => state === 'broken').length;
  const limitedCount = findings.filter(({ state }) => state === 'limited').length;
  if (brokenCount > 0) return paint('red', `${counted(brokenCount, 'thing')} broken`);
  return limitedCount > 0
    ? paint('yellow', `works, with ${counted(limitedCount, 'limit')}`)
    : paint('green', 'all is well');
}
