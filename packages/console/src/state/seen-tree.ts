import type { Hash, VerifyEd25519 } from '@portledger/format';
import { decodeBase64, encodeBase64, verifyCheckpoint, verifyConsistency } from '@portledger/format';
import type { ApiClient } from '../api/api-client.ts';
import { withQuery } from '../api/api-client.ts';
import { faultOf } from '../api/api-fault.ts';
import { isObject, readArray, readObject } from '../api/json-reader.ts';
import type { Store } from './stored.ts';

/**
 * A tree head that the log's key has signed, as this browser saw it. The signed note is kept whole: two that
 * contradict each other are evidence which holds without this browser.
 */
export type SeenTree = {
  readonly vkey: string;
  /** The signed note of the checkpoint (C2SP tlog-checkpoint). */
  readonly note: string;
  /** Blocks. */
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** When this browser saw it, RFC 3339. */
  readonly seen: string;
};

export type TreeState =
  /** Nothing is sealed yet, and nothing was seen before. */
  | { readonly kind: 'none' }
  /** What is shown now goes on from all that was seen before. */
  | { readonly kind: 'kept'; readonly tree: SeenTree }
  /** Smaller than what was seen before; without an offer there is no checkpoint at all. */
  | { readonly kind: 'rolled-back'; readonly held: SeenTree; readonly offered: SeenTree | undefined }
  /** Not a continuation of what was seen before. */
  | { readonly kind: 'rewritten'; readonly held: SeenTree; readonly offered: SeenTree }
  /** The collector does not show that it is one. */
  | { readonly kind: 'unproven'; readonly held: SeenTree; readonly offered: SeenTree; readonly message: string }
  | { readonly kind: 'unsigned'; readonly message: string };

export type TreeTools = {
  readonly client: ApiClient;
  readonly store: Store;
  /** The key this browser knows for the log. */
  readonly vkey: string;
  readonly hash: Hash;
  readonly verifyEd25519: VerifyEd25519;
  readonly now: () => string;
};

const TREE_KEY = 'seen-tree';

/** The tree seen last; under another key it is another log's. */
function readSeenTree(store: Store, vkey: string): SeenTree | undefined {
  const text = store.get(TREE_KEY);
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isObject(parsed) || parsed['vkey'] !== vkey) return undefined;
    const { note, size, root, seen } = parsed;
    const whole =
      typeof note === 'string' && typeof size === 'number' && typeof root === 'string' && typeof seen === 'string';
    return whole ? { vkey, note, size, root, seen } : undefined;
  } catch {
    return undefined;
  }
}

/** From now on the log is measured by this tree. */
export function keepTree(store: Store, tree: SeenTree): void {
  store.set(TREE_KEY, JSON.stringify(tree));
}

/** Asks for the log's head and holds it against the one seen before. What contradicts that one is never kept by itself. */
export async function followTree(tools: TreeTools, signal?: AbortSignal): Promise<TreeState> {
  const { client, store, vkey } = tools;
  // Read before asking: another tab may see a larger tree in between, and this answer would then look like a rollback.
  const held = readSeenTree(store, vkey);
  const note = await readCheckpoint(client, signal);
  if (note === undefined)
    return held === undefined ? { kind: 'none' } : { kind: 'rolled-back', held, offered: undefined };
  const signed = await verifyCheckpoint(note, vkey, tools.hash, tools.verifyEd25519);
  if (!signed.ok) return { kind: 'unsigned', message: signed.fault.message };
  const { size, root } = signed.value;
  const offered: SeenTree = { vkey, note, size, root: encodeBase64(root), seen: tools.now() };
  if (held === undefined) return kept(store, offered);
  if (size < held.size) return { kind: 'rolled-back', held, offered };
  if (size === held.size)
    return offered.root === held.root ? { kind: 'kept', tree: held } : { kind: 'rewritten', held, offered };
  return grown(tools, held, offered, signal);
}

async function grown(
  { client, store, hash }: TreeTools,
  held: SeenTree,
  offered: SeenTree,
  signal: AbortSignal | undefined,
): Promise<TreeState> {
  const heldRoot = decodeBase64(held.root);
  const root = decodeBase64(offered.root);
  if (heldRoot === undefined || root === undefined) return kept(store, offered);
  let path: readonly (Uint8Array | undefined)[];
  try {
    const answer = await client.getJson(withQuery('/v1/consistency', { from: held.size, to: offered.size }), signal);
    path = readArray(readObject(answer, 'consistency')['proof'], 'proof', (node) => decodeBase64(String(node)));
  } catch (error) {
    const fault = faultOf(error);
    if (fault.kind !== 'refused' || fault.status === 429 || fault.status >= 500) throw error;
    return { kind: 'unproven', held, offered, message: fault.message };
  }
  const nodes = path.filter((node) => node !== undefined);
  const goesOn =
    nodes.length === path.length &&
    verifyConsistency(hash, {
      size1: held.size,
      root1: heldRoot,
      size2: offered.size,
      root2: root,
      path: nodes,
    });
  return goesOn ? kept(store, offered) : { kind: 'rewritten', held, offered };
}

function kept(store: Store, tree: SeenTree): TreeState {
  const now = readSeenTree(store, tree.vkey);
  if (now === undefined || now.size < tree.size) keepTree(store, tree);
  return { kind: 'kept', tree };
}

/** Undefined: none is published yet. */
async function readCheckpoint(client: ApiClient, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    const note = await client.getText('/v1/checkpoint', signal);
    return note === '' ? undefined : note;
  } catch (error) {
    if (faultOf(error).status === 404) return undefined;
    throw error;
  }
}
