/** An exported pack, read only: chosen records with all that it takes to prove them. */
export interface PackFiles {
  /** undefined where the pack has no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** The lines of a file that may be large, without their newlines. */
  lines(path: string): AsyncIterable<string>;
}

export const PACK_HEAD_PATH = 'pack.json';
/** One line a block: `{"manifest", "log_path", "records": [{"position", "line", "path"}]}`. */
export const PACK_PROOFS_PATH = 'proofs.ndjson';
/** Checkpoints, cosigned by witnesses, that the checkpoint of the pack must agree with. */
export const PACK_POLICY_PATH = 'policy.txt';
