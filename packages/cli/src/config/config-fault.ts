/** One thing wrong with the configuration. */
export type ConfigFault = {
  /** The file, the flag or the environment variable it stands in. */
  readonly source: string;
  /** Counted from 1; absent for flags and environment variables. */
  readonly line?: number;
  readonly column?: number;
  /** The key's dotted path; empty when the fault is of the whole source. */
  readonly path: string;
  readonly message: string;
  readonly remedy?: string;
};

/** `portledger.yaml:3:5: agent.captur: unknown key; did you mean agent.capture?` */
export function formatConfigFault(fault: ConfigFault): string {
  const place = fault.line === undefined ? fault.source : `${fault.source}:${fault.line}:${fault.column ?? 1}`;
  const what = fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`;
  return `${place}: ${what}${fault.remedy === undefined ? '' : `; ${fault.remedy}`}`;
}
