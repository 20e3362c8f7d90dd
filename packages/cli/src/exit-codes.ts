/** What the command's exit code says. Documented in docs/cli.md and under every `--help`. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** The work ran and found something wrong: a verification finding, a refused line, a failed check. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was done. */
  usage: 2,
  /** No collector could be reached. */
  unreachable: 3,
  /** The collector or the system does not permit it. */
  notPermitted: 4,
  /** Stopped by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_TEXT = `Exit codes:
  0    done
  1    a check failed: a finding, a refused line, a failed test
  2    the command line or the configuration is wrong
  3    no collector could be reached
  4    not permitted
  130  interrupted`;
