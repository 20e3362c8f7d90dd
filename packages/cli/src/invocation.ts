import type { Readable } from 'node:stream';
import type { Terminal } from './output/terminal.ts';

/** Everything that a command may know of the world it was called in. Read once, in the entry. */
export type Invocation = {
  /** Absolute path of bin/portledger.mjs, to start children of the same kind. */
  readonly bin: string;
  /** Folder of the workspace's package.json. */
  readonly checkout: string;
  readonly version: string;
  readonly hostName: string;
  readonly workingDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly terminal: Terminal;
  /** Aborted by the first SIGINT or SIGTERM. Its reason is the signal's name. */
  readonly stop: AbortSignal;
  /** Called again and again for later signals: the person is in a hurry. */
  readonly onHurry: (listener: () => void) => void;
  /** The reports of a supervised child to `up`; undefined when nobody supervises. */
  readonly supervisor: Supervisor | undefined;
};

type Supervisor = { readonly report: (message: object) => void };
