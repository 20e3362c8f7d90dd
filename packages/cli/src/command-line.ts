import { Command } from 'commander';
import { EXIT_CODES_TEXT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { GivenOptions } from './given-options.ts';
import type { Invocation } from './invocation.ts';

/** Runs one command. `args` are its positional arguments, variadic ones flattened. */
export type CommandRun = (invocation: Invocation, given: GivenOptions, args: readonly string[]) => Promise<ExitCode>;

/** What every command module gets: the invocation, and where its exit code goes. */
export type CommandLine = { readonly invocation: Invocation; readonly settle: (code: ExitCode) => void };

export type CommandInfo = {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  /** Shown under --help: what to type, and what it does. */
  readonly examples: readonly (readonly [string, string])[];
};

/** A command whose --help tells what it does, its options, examples and exit codes. */
export function describeCommand(info: CommandInfo): Command {
  const command = new Command(info.name).summary(info.summary).description(info.description ?? info.summary);
  const width = Math.max(0, ...info.examples.map(([typed]) => typed.length));
  const examples = info.examples.map(([typed, does]) => `  ${typed.padEnd(width)}   ${does}`);
  const parts = examples.length === 0 ? [EXIT_CODES_TEXT] : [['Examples:', ...examples].join('\n'), EXIT_CODES_TEXT];
  return command.addHelpText('after', `\n${parts.join('\n\n')}`);
}

export function runWith(command: Command, line: CommandLine, run: CommandRun): Command {
  return command.action(async () => {
    const args: unknown[] = command.processedArgs.flat();
    const options: Readonly<Record<string, unknown>> = command.optsWithGlobals();
    const texts = args.filter((arg) => typeof arg === 'string');
    line.settle(await run(line.invocation, new GivenOptions(options), texts));
  });
}
