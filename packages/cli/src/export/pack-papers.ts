import type { PackHead } from '@portledger/format';

/** A policy for the auditor to begin with: the log's key as it stands, to be compared with one from elsewhere. */
export function policyTemplate(vkey: string): string {
  return `# C2SP tlog-policy. Compare the log's key with the one that you noted down elsewhere: from here it proves nothing.
log ${vkey}
# Name the witnesses that you trust, and how many of them are enough:
# witness <name> <vkey>
# group <name> <number> <witness>...
quorum none
`;
}

/** What the pack holds and how it is checked, for someone who has never seen one. */
export function packReadme({ origin, created, query, records }: PackHead, hasVerifier: boolean): string {
  const verifier = hasVerifier ? 'verify.mjs' : 'path/to/verify.mjs';
  return `# Records of ${origin}

${records} records, taken out ${created}. Asked for: ${query === '' ? 'all records' : `\`${query}\``}

| file | what |
|---|---|
| \`proofs.ndjson\` | one line a block: its manifest, its path in the log, and of each record the line as it was sealed and its path in the block |
| \`checkpoint\` | the signed tree head that all of them lead to (C2SP tlog-checkpoint), with the witnesses' cosignatures if there are any |
| \`keys/\`, \`timestamps/\` | handovers of the log's key, and a time stamp (RFC 3161) of the checkpoint, if there are any |
| \`vkey\` | the log's verifier key; trust it only from elsewhere |
| \`policy.txt\` | a trust policy (C2SP tlog-policy) to fill in |
${hasVerifier ? '| `verify.mjs` | the verifier: one file to read, needs Node 22.15 or later and nothing else |\n' : ''}
Check it, from the folder that this file is in or with the archive's name in place of the dot:

    node ${verifier} . --policy policy.txt

Read the records: \`jq -r '.records[].line' proofs.ndjson\`

What it proves: each of these records stands in the log, byte for byte, at its address. What it does not: that no other record
of the log fits what was asked for. Only the whole ledger shows that.
`;
}
