import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { CommandLine } from '../command-line.ts';
import { describeCommand, runWith } from '../command-line.ts';
import { configJsonSchema } from '../config/config-schema.ts';
import { readConfig } from '../config/config.ts';
import { ALL_SETTINGS } from '../config/settings.ts';
import { EXIT } from '../exit-codes.ts';
import { configFailure, configInputs, loadConfig } from '../load-config.ts';
import { escapeControls, escapeJsonControls } from '../output/escape.ts';
import { pad } from '../output/display-width.ts';

const OPTION = [
  '--config <file>',
  'configuration file; default: portledger.yaml here, in the checkout, or in /etc/portledger',
] as const;

export function configCommand(line: CommandLine): Command {
  const command = describeCommand({ name: 'config', summary: 'check and show the configuration', examples: [] });
  command.addCommand(checkCommand(line)).addCommand(printCommand(line)).addCommand(schemaCommand(line));
  return command;
}

function checkCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'check',
    summary: 'check a configuration file and tell all its faults at once',
    examples: [['portledger config check --config new.yaml', 'before it is rolled out']],
  });
  command.argument('[file]', 'the file; the same as --config').option(...OPTION);
  return runWith(command, line, async (invocation, given, [file]) => {
    const inputs = await configInputs(invocation, file ?? given.text('config'), []);
    const config = readConfig(inputs);
    if (!config.ok) throw configFailure(config.fault);
    const name = inputs.file?.name;
    invocation.terminal.out(
      name === undefined ? 'no configuration file: the defaults hold' : `${escapeControls(name)} is in order`,
    );
    return EXIT.ok;
  });
}

function printCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'print',
    summary: 'print every key with its effective value and where it comes from',
    examples: [
      ['portledger config print', 'what holds here and now'],
      ['portledger config print > portledger.yaml', 'a file to start from: every key with its value'],
    ],
  });
  command.option(...OPTION);
  return runWith(command, line, async (invocation, given) => {
    const config = await loadConfig(invocation, given.text('config'), []);
    const { out, paint } = invocation.terminal;
    const lines = valueLines((setting) => setting.show(config.get(setting)));
    const width = Math.max(...lines.map(({ text }) => text.length));
    for (const { text, path } of lines) {
      const setting = ALL_SETTINGS.find((candidate) => candidate.path === path);
      if (setting === undefined) out(text);
      else
        out(
          `${pad(escapeControls(text), width, 'left')}  ${paint('dim', `# ${escapeControls(config.originOf(setting))}`)}`,
        );
    }
    return EXIT.ok;
  });
}

function schemaCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'schema',
    summary: 'print the JSON Schema of portledger.yaml',
    examples: [['portledger config schema > config.schema.json', 'for an editor or a check before a roll-out']],
  });
  return runWith(command, line, (invocation) => {
    invocation.terminal.out(escapeJsonControls(JSON.stringify(configJsonSchema(), undefined, 2)));
    return Promise.resolve(EXIT.ok);
  });
}

type ValueLine = { readonly text: string; readonly path: string | undefined };

/** YAML by sections. A key that is unset has no value to write: it stands as a comment. */
function valueLines(shown: (setting: (typeof ALL_SETTINGS)[number]) => unknown): ValueLine[] {
  const lines: ValueLine[] = [];
  let open: string[] = [];
  for (const setting of ALL_SETTINGS) {
    const parts = setting.path.split('.');
    const sections = parts.slice(0, -1);
    sections.forEach((section, depth) => {
      const isNew = open[depth] !== section || open.slice(0, depth).some((name, place) => name !== sections[place]);
      if (isNew) lines.push({ text: `${'  '.repeat(depth)}${section}:`, path: undefined });
    });
    open = sections;
    const value = shown(setting);
    const indent = '  '.repeat(sections.length);
    const key = parts.at(-1) ?? '';
    const text = value === '' ? `${indent}# ${key}: unset` : `${indent}${key}: ${inlineYaml(value)}`;
    lines.push({ text, path: setting.path });
  }
  return lines;
}

function inlineYaml(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
}
