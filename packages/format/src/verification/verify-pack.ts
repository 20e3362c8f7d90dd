import { isJsonObject } from '../json-value.ts';
import { provenBlock } from './proven-block.ts';
import type { LedgerFiles, StoredFile, VerifyTools } from './ledger-files.ts';
import { PACK_HEAD_PATH, PACK_PROOFS_PATH } from './pack-files.ts';
import type { PackFiles } from './pack-files.ts';
import { verifyHead } from './verify-head.ts';
import type { TrustedKeys } from './verify-head.ts';
import { VerifyLog } from './verify-log.ts';
import type { VerifyReport } from './verify-report.ts';
import { NO_TRUST } from './verify-trust.ts';

/** What the pack says of itself. */
export type PackHead = {
  readonly v: 1;
  readonly kind: 'portledger-pack';
  readonly origin: string;
  /** When it was made, and what was asked for. */
  readonly created: string;
  readonly query: string;
  readonly records: number;
};

/** Reads what a pack says of itself; undefined where it is none. */
function readPackHead(bytes: Uint8Array | undefined): PackHead | undefined {
  try {
    const head: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isJsonObject(head) || head['v'] !== 1 || head['kind'] !== 'portledger-pack') return undefined;
    const { origin, created, query, records } = head;
    if (typeof origin !== 'string' || typeof created !== 'string' || typeof query !== 'string') return undefined;
    return typeof records === 'number' ? { v: 1, kind: 'portledger-pack', origin, created, query, records } : undefined;
  } catch {
    return undefined;
  }
}

/** Checkpoint and key of a pack lie where a ledger has them. */
function asLedger(pack: PackFiles): LedgerFiles {
  const none: readonly StoredFile[] = [];
  return {
    isServed: true,
    list: () => Promise.resolve(none),
    read: (path) => pack.read(path),
    readAt: () => Promise.resolve(undefined),
  };
}

/**
 * Verifies an exported pack: each record is proven to stand at its address in the log, as many as the pack says. It can't
 * show that no other record fits what was asked for: only the whole ledger can.
 */
export async function verifyPack(
  pack: PackFiles,
  tools: VerifyTools,
  trusted: TrustedKeys = {},
): Promise<VerifyReport> {
  const log = new VerifyLog();
  const head = readPackHead(await pack.read(PACK_HEAD_PATH));
  const signed = await verifyHead(asLedger(pack), tools, trusted, log);
  if (head === undefined) log.find('proof-damaged', { file: PACK_HEAD_PATH }, 'the pack does not say what it holds');
  if (signed?.key !== undefined) {
    signed.trust.compareAt(signed.checkpoint.size, signed.checkpoint.root);
    const seen = new Set<string>();
    let line = 0;
    for await (const text of pack.lines(PACK_PROOFS_PATH)) {
      const proven = provenBlock(text, signed.checkpoint, tools.hash);
      log.counts.blocks += 1;
      log.counts.bytes += text.length;
      if (!proven.ok) log.find('proof-damaged', { file: PACK_PROOFS_PATH, line }, proven.fault);
      else take(proven.value.block, proven.value.positions, seen, log);
      line += 1;
    }
  }
  if (head !== undefined && log.counts.records !== head.records)
    log.find(
      'proof-damaged',
      { file: PACK_PROOFS_PATH },
      `${log.counts.records} records are proven, the pack tells ${head.records}`,
    );
  log.note('not-looked-at', 'a pack holds chosen records: whether others were left out only the whole ledger can show');
  return reportOf(log, signed, head);
}

function take(block: number, positions: readonly number[], seen: Set<string>, log: VerifyLog): void {
  for (const position of positions) {
    const address = `${block}:${position}`;
    const place = { file: PACK_PROOFS_PATH, block, line: position };
    if (seen.has(address)) log.find('proof-damaged', place, 'the record is there twice');
    seen.add(address);
    log.counts.records += 1;
  }
}

function reportOf(
  log: VerifyLog,
  signed: Awaited<ReturnType<typeof verifyHead>>,
  head: PackHead | undefined,
): VerifyReport {
  const trust = signed?.trust.report() ?? NO_TRUST;
  const { findings, findingsTotal, notes, counts } = log;
  const isChecked = signed !== undefined && head !== undefined && counts.records > 0;
  const sections = { ...log.sections(isChecked), completeness: 'not-checked', retention: 'not-checked' } as const;
  const { origin = '', size = 0 } = signed?.checkpoint ?? {};
  const ok = isChecked && findingsTotal === 0;
  const vkey = signed?.vkey ?? '';
  const handovers = signed?.chain.report() ?? [];
  return {
    ok,
    sections,
    findings,
    findingsTotal,
    notes,
    counts,
    origin,
    size,
    vkey,
    trust,
    handovers,
    signing: [],
    streams: [],
    pruned: [],
  };
}
