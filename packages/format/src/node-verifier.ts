import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crc32 } from 'node:zlib';
import { nodeBlockTools } from './node-block-tools.ts';
import { nodeSha256, nodeVerifyEd25519 } from './node-crypto.ts';
import { NodeLedgerFiles } from './node-ledger-files.ts';
import { checkBlock } from './verification/check-block.ts';
import { CHECKPOINT_PATH } from './verification/ledger-paths.ts';
import { verifyReportText } from './verification/report-text.ts';
import { verifyLedger } from './verification/verify-ledger.ts';
import { parseVerifierKey } from './verifier-key.ts';

export const VERIFIER_USAGE = `Usage: node verify.mjs FOLDER [--vkey KEY] [--format text|json]

Recomputes a Portledger ledger from its stored files: every record's hash, every block, the tree, the signature, the
numbering of every stream. Reads only, sends nothing, needs nothing but Node.

  FOLDER         the ledger's folder, or the data folder that holds it
  --vkey KEY     the log's verifier key from where you trust it, or a file that holds it

Exit codes: 0 everything is as it was written and signed, 1 something is not, 2 it could not be checked.`;

/** Milliseconds between looks at something that a running ledger is just writing. */
const PAUSE_MS = 10;

const OPTIONS = {
  vkey: { type: 'string' },
  format: { type: 'string', default: 'text' },
  help: { type: 'boolean', default: false },
} as const;

/** Why nothing was checked; shown without a stack trace. */
class Unusable extends Error {}

function ledgerFolder(folder: string): string {
  const found = [folder, join(folder, 'ledger')].find((candidate) => existsSync(join(candidate, CHECKPOINT_PATH)));
  if (found !== undefined) return found;
  // No checkpoint is a finding, and no reason to look away: but only where there is a ledger at all.
  const bare = [join(folder, 'ledger'), folder].find((candidate) => existsSync(join(candidate, 'segments')));
  if (bare !== undefined) return bare;
  throw new Unusable(`there is no ledger in ${folder}`);
}

/** The key itself, or the file that it stands in. */
function keyOf(text: string): string {
  if (parseVerifierKey(nodeSha256, text).ok) return text;
  const content = existsSync(text) ? readFileSync(text, 'utf8').trim() : '';
  if (parseVerifierKey(nodeSha256, content).ok) return content;
  throw new Unusable('--vkey is neither a verifier key (name+8 hex digits+base64) nor a file that holds one');
}

async function verify(args: readonly string[], print: (line: string) => void): Promise<0 | 1> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const [folder, ...others] = positionals;
  const isFormatKnown = values.format === 'text' || values.format === 'json';
  if (values.help || folder === undefined || others.length > 0 || !isFormatKnown) throw new Unusable(VERIFIER_USAGE);
  const vkey = values.vkey === undefined ? undefined : keyOf(values.vkey);
  const startedMs = performance.now();
  const tools = {
    hash: nodeSha256,
    verifyEd25519: nodeVerifyEd25519,
    crc32,
    checkBlock: async (job: Parameters<typeof checkBlock>[0]) => checkBlock(job, nodeBlockTools),
    parallelBlocks: 1,
    pause: () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS)),
  };
  const files = new NodeLedgerFiles(ledgerFolder(folder));
  const report = await verifyLedger(files, tools, vkey === undefined ? {} : { vkey });
  const context = { isKeyGiven: vkey !== undefined, tookMs: performance.now() - startedMs };
  const lines = values.format === 'json' ? [JSON.stringify(report)] : verifyReportText(report, context);
  for (const line of lines) print(line);
  return report.ok ? 0 : 1;
}

/**
 * The single-file verifier `verify.mjs`: reads a ledger's folder, prints the report, returns the exit code.
 * `print` takes the report's lines, `complain` why nothing could be checked.
 */
export async function runVerifier(
  args: readonly string[],
  print: (line: string) => void,
  complain: (line: string) => void,
): Promise<0 | 1 | 2> {
  try {
    return await verify(args, print);
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 2;
  }
}
