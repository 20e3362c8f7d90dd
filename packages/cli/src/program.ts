import { Command, CommanderError } from 'commander';
import type { CommandLine } from './command-line.ts';
import { agentCommand } from './commands/agent.ts';
import { collectorCommand } from './commands/collector.ts';
import { completenessCommand } from './commands/completeness.ts';
import { configCommand } from './commands/config.ts';
import { consoleCommand } from './commands/console.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { histogramCommand } from './commands/histogram.ts';
import { holdCommand } from './commands/hold.ts';
import { importCommand } from './commands/import.ts';
import { indexCommand } from './commands/index-rebuild.ts';
import { keyCommand } from './commands/key.ts';
import { ledgerCommand } from './commands/ledger.ts';
import { retentionCommand } from './commands/retention.ts';
import { observerCommand } from './commands/observer.ts';
import { searchCommand } from './commands/search.ts';
import { tailCommand } from './commands/tail.ts';
import { tokenCommand } from './commands/token.ts';
import { topCommand } from './commands/top.ts';
import { upCommand } from './commands/up.ts';
import { verifyCommand } from './commands/verify.ts';
import { versionCommand } from './commands/version.ts';
import { witnessCommand } from './commands/witness.ts';
import { EXIT, EXIT_CODES_TEXT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Invocation } from './invocation.ts';
import { errorLines } from './output/terminal.ts';

const DESCRIPTION = `Records who reached which internal port, when, and from where, and keeps that record so that it can be proven.

Start with \`portledger up\`: it watches this host and prints the console's address.`;

/** Reads the arguments, runs the command they name, and returns its exit code. */
export async function runProgram(invocation: Invocation, args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = programOf({ invocation, settle: (settled) => (code = settled) });
  if (args.length === 0) {
    program.outputHelp();
    return EXIT.ok;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return code;
}

/** All commands. Also read by the test that holds docs/cli.md and the commands together. */
export function programOf(line: CommandLine): Command {
  const program = new Command('portledger')
    .description(DESCRIPTION)
    .option('--color', 'colours, even off a terminal')
    .option('--no-color', 'no colours, even on a terminal (NO_COLOR)')
    .option('--debug', 'on a bug, print what is needed to report it')
    .version(line.invocation.version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'help for a command')
    .addHelpText('after', `\n${EXIT_CODES_TEXT}`);
  for (const command of commandsOf(line)) program.addCommand(command);
  for (const command of [program, ...below(program)]) {
    command.exitOverride().showSuggestionAfterError(true).configureHelp({ showGlobalOptions: true });
    command.configureOutput({
      writeOut: (text) => line.invocation.terminal.out(text.trimEnd()),
      writeErr: (text) => line.invocation.terminal.err(text.trimEnd()),
      getOutHelpWidth: () => line.invocation.terminal.outColumns ?? 100,
      getErrHelpWidth: () => line.invocation.terminal.errColumns ?? 100,
      outputError: (text) => usageError(line.invocation, command, text),
    });
  }
  return program;
}

function commandsOf(line: CommandLine): Command[] {
  return [
    upCommand,
    searchCommand,
    tailCommand,
    topCommand,
    histogramCommand,
    verifyCommand,
    completenessCommand,
    exportCommand,
    importCommand,
    consoleCommand,
    retentionCommand,
    holdCommand,
    tokenCommand,
    observerCommand,
    doctorCommand,
    indexCommand,
    ledgerCommand,
    keyCommand,
    configCommand,
    collectorCommand,
    agentCommand,
    witnessCommand,
    versionCommand,
  ].map((make) => make(line));
}

function below(command: Command): Command[] {
  return command.commands.flatMap((inner) => [inner, ...below(inner)]);
}

function usageError(invocation: Invocation, command: Command, text: string): void {
  const [message = '', suggestion] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n');
  const path: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) path.unshift(at.name());
  const meant = suggestion === undefined ? '' : `${suggestion.replace(/[()]/g, '').toLowerCase()} `;
  const remedy = `${meant}See \`${path.join(' ')} --help\``.trim();
  for (const line of errorLines(message, remedy, invocation.terminal.errPaint)) invocation.terminal.err(line);
}
