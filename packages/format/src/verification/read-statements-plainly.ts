import type { LedgerFiles, VerifyTools } from './ledger-files.ts';
import { TIMESTAMPS_FOLDER, WITNESSED_FOLDER } from './ledger-paths.ts';
import type { VerifyLog } from './verify-log.ts';
import type { TrustCheck } from './verify-trust.ts';

/** Takes the checkpoints that witnesses cosigned. Time stamps need X.509 and are left to openssl. */
export async function readStatements(
  files: LedgerFiles,
  _tools: VerifyTools,
  trust: TrustCheck,
  log: VerifyLog,
): Promise<void> {
  const listed = (await files.list(WITNESSED_FOLDER)).map(({ path }) => path);
  for (const file of files.isServed === true ? [WITNESSED_FOLDER] : listed) {
    const bytes = await files.read(file);
    if (bytes !== undefined) await trust.take({ file, note: new TextDecoder().decode(bytes), from: 'ledger' });
  }
  const stamps = (await files.list(TIMESTAMPS_FOLDER)).filter(({ path }) => path.endsWith('.tsr'));
  if (stamps.length > 0)
    log.note('not-looked-at', `${stamps.length} time stamps, not verified here: openssl ts -verify does it`);
}
