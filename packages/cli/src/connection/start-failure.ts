import { EXIT } from '../exit-codes.ts';
import { Failure, systemCodeOf } from '../failure.ts';

export type StartPlace = { readonly dataDir: string; readonly listen: string };

/** Why a collector or its data folder can't be opened, as a person can use it. What is not foreseen is thrown on as it is. */
export function startFailure(error: unknown, { dataDir, listen }: StartPlace): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const failure = (exitCode: Failure['exitCode'], text: string, remedy: string) =>
    new Failure(exitCode, text, remedy, { cause: error });
  switch (systemCodeOf(error) ?? '') {
    case 'EADDRINUSE':
      return failure(
        EXIT.failed,
        `${listen} is in use by another program`,
        'give another address with --listen HOST:PORT, or stop what holds it: ss -ltnp shows it',
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return failure(
        EXIT.usage,
        `${listen} is not an address of this host`,
        'give one that is with --listen HOST:PORT, such as 127.0.0.1:7071',
      );
    case 'EACCES':
    case 'EPERM':
      return failure(
        EXIT.notPermitted,
        `not permitted: ${message}`,
        `run it as the user that owns ${dataDir}, and take a port above 1023`,
      );
    case 'EROFS':
      return failure(
        EXIT.notPermitted,
        `${dataDir} is on a file system that can't be written`,
        'give another folder with --data DIR',
      );
    case 'ENOSPC':
      return failure(
        EXIT.failed,
        `the disk of ${dataDir} is full`,
        'free some space; nothing that was accepted is lost',
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return failure(EXIT.usage, `${dataDir} is not a folder`, 'give a folder with --data DIR');
    case 'ledger-locked':
      return failure(EXIT.failed, message, 'wait for it to end, or stop it; a running collector is asked by itself');
    case 'ledger-damaged':
    case 'published-ahead-of-stored':
      return failure(
        EXIT.failed,
        message,
        '`portledger verify` tells what is damaged; restore the folder from a copy, and keep this one as evidence',
      );
    case 'rolled-back':
    case 'behind-witness':
      return failure(
        EXIT.failed,
        message,
        'keep this folder as evidence; docs/witness.md, "A ledger that was set back", says what to do',
      );
    case 'policy-unusable':
      return failure(EXIT.usage, message, 'mend the file; docs/witness.md shows one');
    case 'key-unusable':
    case 'key-mismatch':
    case 'not-writable':
      return failure(EXIT.failed, message, `look at ${dataDir}/keys and at \`portledger doctor\``);
    default:
      return error;
  }
}
