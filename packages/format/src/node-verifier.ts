import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crc32 } from 'node:zlib';
import { nodeBlockTools } from './node-block-tools.ts';
import { nodeSha256, nodeVerifyEd25519 } from './node-crypto.ts';
import { NodeLedgerFiles } from './node-ledger-files.ts';
import { isPack, openPack } from './node-pack-files.ts';
import { ServedLedgerFiles } from './node-served-ledger.ts';
import { parsePolicy } from './tlog-policy.ts';
import { checkBlock } from './verification/check-block.ts';
import type { VerifyTools } from './verification/ledger-files.ts';
import { CHECKPOINT_PATH } from './verification/ledger-paths.ts';
import { verifyReportText } from './verification/report-text.ts';
import type { TrustedKeys } from './verification/verify-head.ts';
import { verifyLedger } from './verification/verify-ledger.ts';
import { verifyPack } from './verification/verify-pack.ts';
import type { VerifyReport } from './verification/verify-report.ts';
import { parseVerifierKey } from './verifier-key.ts';

export const VERIFIER_USAGE = `Usage: node verify.mjs SOURCE [--policy FILE] [--key KEY] [--earlier FILE]... [--format text|json]

Recomputes a Portledger ledger from its stored bytes: every record's hash, every block, the tree, the signatures, the
numbering of every stream; or proves the records of an exported pack. Reads only, needs nothing but Node.

  SOURCE             the ledger's folder or the data folder that holds it; a pack (.tar, .tar.zst or folder); or the
                     URL of a server (the only case in which a connection is opened)
  --policy FILE      your C2SP tlog-policy: the log, the witnesses, the quorum that you trust
  --key KEY          the log's verifier key from where you trust it, or a file that holds it (also --vkey)
  --earlier FILE     a checkpoint of this log that you kept: the log must continue it
  --token-file FILE  the access token for a URL

Exit codes: 0 everything is as it was written and signed, 1 something is not, 2 it could not be checked.`;

/** Milliseconds between looks at something that a running ledger is just writing. */
const PAUSE_MS = 10;

const OPTIONS = {
  policy: { type: 'string' },
  key: { type: 'string' },
  vkey: { type: 'string' },
  earlier: { type: 'string', multiple: true },
  'token-file': { type: 'string' },
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
  throw new Unusable(`there is no ledger and no pack in ${folder}`);
}

/** The key itself, or the file that it stands in. */
function keyOf(text: string): string {
  if (parseVerifierKey(nodeSha256, text).ok) return text;
  const content = existsSync(text) ? readFileSync(text, 'utf8').trim() : '';
  if (parseVerifierKey(nodeSha256, content).ok) return content;
  throw new Unusable('--key is neither a verifier key (name+8 hex digits+base64) nor a file that holds one');
}

/** What an auditor trusts, from the files that were named. Throws with all that is wrong with them. */
function trustedOf(given: {
  readonly key?: string | undefined;
  readonly policy?: string | undefined;
  readonly earlier: readonly string[];
}): TrustedKeys {
  const policy = given.policy === undefined ? undefined : parsePolicy(nodeSha256, readFileSync(given.policy));
  if (policy?.ok === false)
    throw new Unusable(policy.fault.map(({ line, message }) => `${given.policy}, line ${line}: ${message}`).join('\n'));
  return {
    ...(policy === undefined ? {} : { policy: policy.value }),
    ...(given.key === undefined ? {} : { vkey: keyOf(given.key) }),
    earlier: given.earlier.map((file) => ({ file, note: readFileSync(file, 'utf8'), from: 'auditor' })),
  };
}

async function verifySource(
  source: string,
  trusted: TrustedKeys,
  tokenFile: string | undefined,
): Promise<VerifyReport> {
  const tools: VerifyTools = {
    hash: nodeSha256,
    verifyEd25519: nodeVerifyEd25519,
    crc32,
    checkBlock: async (job: Parameters<typeof checkBlock>[0]) => checkBlock(job, nodeBlockTools),
    parallelBlocks: 1,
    pause: () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS)),
  };
  if (!/^https?:\/\//.test(source)) {
    if (isPack(source)) return verifyPack(await openPack(source), tools, trusted);
    return verifyLedger(new NodeLedgerFiles(ledgerFolder(source)), tools, trusted);
  }
  const token = tokenFile === undefined ? undefined : readFileSync(tokenFile, 'utf8').trim();
  const served = await ServedLedgerFiles.open(source, token);
  try {
    return await verifyLedger(served, tools, trusted);
  } finally {
    served.close();
  }
}

async function verify(args: readonly string[], print: (line: string) => void): Promise<0 | 1> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const [source, ...others] = positionals;
  const isFormatKnown = values.format === 'text' || values.format === 'json';
  if (values.help || source === undefined || others.length > 0 || !isFormatKnown) throw new Unusable(VERIFIER_USAGE);
  const { policy, earlier = [], key = values.vkey } = values;
  const startedMs = performance.now();
  const report = await verifySource(source, trustedOf({ policy, key, earlier }), values['token-file']);
  const context = { tookMs: performance.now() - startedMs };
  const lines = values.format === 'json' ? [JSON.stringify(report)] : verifyReportText(report, context);
  for (const line of lines) print(line);
  return report.ok ? 0 : 1;
}

/**
 * The single-file verifier `verify.mjs`: reads a ledger or a pack, prints the report, returns the exit code.
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
