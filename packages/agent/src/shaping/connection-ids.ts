import { communityId } from '@portledger/format';
import { nodeSha1 } from '@portledger/format/node';
import { CONNECTION_IDS_MAX } from '../limits.ts';

const IPPROTO_TCP = 6;

export type Tuple = {
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly destIp: string;
  readonly destPort: number;
};

/**
 * Community IDs, hashed once a connection: its other side and its end find the id of its beginning. Two generations of
 * the bound's half each take the place of a list by use: a look-up costs one hash of the key.
 */
export class ConnectionIds {
  #young = new Map<string, string>();
  #old = new Map<string, string>();

  /** Undefined where the ends are of different families, which no connection's are. */
  id(tuple: Tuple): string | undefined {
    const key = `${tuple.sourceIp} ${tuple.sourcePort} ${tuple.destIp} ${tuple.destPort}`;
    const known = this.#young.get(key) ?? this.#old.get(key);
    if (known !== undefined) return known;
    if (tuple.sourceIp.includes(':') !== tuple.destIp.includes(':')) return undefined;
    const id = communityId({ protocol: IPPROTO_TCP, ...tuple }, nodeSha1);
    if (this.#young.size >= CONNECTION_IDS_MAX / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, id);
    return id;
  }
}
