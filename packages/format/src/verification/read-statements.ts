import type { LedgerFiles, VerifyTools } from './ledger-files.ts';
import { LATEST_TIMESTAMP_PATH, TIMESTAMPS_FOLDER, WITNESSED_FOLDER } from './ledger-paths.ts';
import type { VerifyLog } from './verify-log.ts';
import type { TrustCheck } from './verify-trust.ts';

async function textOf(files: LedgerFiles, path: string): Promise<string | undefined> {
  const bytes = await files.read(path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/**
 * What others said of the log and is kept beside it: checkpoints that witnesses cosigned, and time stamps of checkpoints
 * (RFC 3161). A server gives the newest cosigned one under the folder's name.
 */
export async function readStatements(
  files: LedgerFiles,
  tools: VerifyTools,
  trust: TrustCheck,
  log: VerifyLog,
): Promise<void> {
  const listed = await files.list(WITNESSED_FOLDER);
  for (const path of files.isServed === true ? [WITNESSED_FOLDER] : listed.map((file) => file.path)) {
    const note = path.endsWith('.tmp') ? undefined : await textOf(files, path);
    if (note !== undefined) await trust.take({ file: path, note, from: 'ledger' });
  }
  const stamps = await stampPaths(files);
  for (const path of stamps) await takeStamp(path, { files, tools, trust, log });
  if (stamps.length > 0 && tools.checkTimestamp === undefined)
    log.note('not-looked-at', `${stamps.length} time stamps, not verified here: openssl ts -verify does it`);
}

/** All time stamps; of those of a server the newest. */
async function stampPaths(files: LedgerFiles): Promise<readonly string[]> {
  const listed = (await files.list(TIMESTAMPS_FOLDER)).map(({ path }) => path).filter((path) => path.endsWith('.tsr'));
  const latest = files.isServed === true ? await textOf(files, LATEST_TIMESTAMP_PATH) : undefined;
  return latest !== undefined && /^\d{12}$/.test(latest) ? [`${TIMESTAMPS_FOLDER}/${latest}.tsr`] : listed;
}

async function takeStamp(
  path: string,
  { files, tools, trust, log }: { files: LedgerFiles; tools: VerifyTools; trust: TrustCheck; log: VerifyLog },
): Promise<void> {
  const file = path.replace(/\.tsr$/, '.note');
  const [token, stamped] = [await files.read(path), await files.read(file)];
  if (token === undefined || tools.checkTimestamp === undefined) return;
  if (stamped === undefined) {
    log.find('statement-damaged', { file: path }, `what it stamps, ${file}, is missing`);
    return;
  }
  const checked = tools.checkTimestamp(token, stamped);
  if (!checked.ok) {
    log.find('statement-damaged', { file: path }, checked.fault);
    return;
  }
  const checkpoint = await trust.take({ file, note: new TextDecoder().decode(stamped), from: 'ledger' });
  if (checkpoint !== undefined) trust.time({ ...checked.value, size: checkpoint.size });
}
