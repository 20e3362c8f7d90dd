export { nodeSha1, nodeSha256, nodeVerifyEd25519 } from './node-crypto.ts';
export { frameOptions, nodeBlockTools } from './node-block-tools.ts';
export { NodeLedgerFiles } from './node-ledger-files.ts';
export { nodeLinesRoot } from './node-lines-root.ts';
export { NodeLinesTree } from './node-lines-tree.ts';
export { PackError, isPack, openPack } from './node-pack-files.ts';
export { ServedLedgerError, ServedLedgerFiles } from './node-served-ledger.ts';
