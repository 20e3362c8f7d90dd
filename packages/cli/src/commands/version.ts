import { release } from 'node:os';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { EXIT } from '../exit-codes.ts';

export function versionCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'version',
    summary: 'print the version of this command, of Node and of the system',
    examples: [['portledger version', 'for a report']],
  });
  return runWith(command, line, (invocation) => {
    const { version, terminal } = invocation;
    terminal.out(
      `portledger ${version}, Node ${process.versions.node}, ${process.platform} ${release()} ${process.arch}`,
    );
    return Promise.resolve(EXIT.ok);
  });
}
