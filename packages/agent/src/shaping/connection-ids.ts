import { hash } from 'node:crypto';
import { ipBytes } from '@portledger/format';
import { ADDRESSES_MAX, CONNECTION_IDS_MAX } from '../limits.ts';
import { BoundedCache } from '../process/bounded-cache.ts';

const IPPROTO_TCP = 6;
/** Seed 2, two addresses, protocol 1, padding 1, two ports 4; addresses are of 4 or 16 bytes. */
const FIXED_BYTES = 8;

export type Tuple = {
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly destIp: string;
  readonly destPort: number;
};

type Known = Tuple & { readonly id: string };

/**
 * Community IDs (version 1, seed 0) of TCP connections, hashed once a connection: its other side and its end find the
 * id of its beginning. A table of fixed size with one place for each hash of the ports; a newer connection takes the
 * place of an older one, which then is hashed once more. A test holds it to the format's `communityId`.
 */
export class ConnectionIds {
  readonly #places: (Known | undefined)[] = Array.from({ length: CONNECTION_IDS_MAX });
  readonly #addresses = new BoundedCache<string, Uint8Array>(ADDRESSES_MAX);
  readonly #four = Buffer.alloc(FIXED_BYTES + 2 * 4);
  readonly #six = Buffer.alloc(FIXED_BYTES + 2 * 16);

  /** Undefined where an end is no address or the ends are of different families, which no connection's are. */
  id(tuple: Tuple): string | undefined {
    const { sourceIp, sourcePort, destIp, destPort } = tuple;
    const place = (sourcePort ^ Math.imul(destPort, 0x9e3779b1)) & (CONNECTION_IDS_MAX - 1);
    const known = this.#places[place];
    if (
      known !== undefined &&
      known.sourcePort === sourcePort &&
      known.destPort === destPort &&
      known.sourceIp === sourceIp &&
      known.destIp === destIp
    ) {
      return known.id;
    }
    const id = this.#hash(tuple);
    if (id !== undefined) this.#places[place] = { sourceIp, sourcePort, destIp, destPort, id };
    return id;
  }

  #hash({ sourceIp, sourcePort, destIp, destPort }: Tuple): string | undefined {
    const source = this.#bytes(sourceIp);
    const dest = this.#bytes(destIp);
    if (source === undefined || dest?.length !== source.length) return undefined;
    const order = Buffer.compare(source, dest) || sourcePort - destPort;
    const size = source.length;
    const text = size === 4 ? this.#four : this.#six;
    text.set(order <= 0 ? source : dest, 2);
    text.set(order <= 0 ? dest : source, 2 + size);
    text[2 + 2 * size] = IPPROTO_TCP;
    text.writeUInt16BE(order <= 0 ? sourcePort : destPort, 4 + 2 * size);
    text.writeUInt16BE(order <= 0 ? destPort : sourcePort, 6 + 2 * size);
    return `1:${hash('sha1', text, 'base64')}`;
  }

  #bytes(ip: string): Uint8Array | undefined {
    const known = this.#addresses.peek(ip);
    if (known !== undefined) return known;
    const bytes = ipBytes(ip);
    if (bytes !== undefined) this.#addresses.set(ip, bytes);
    return bytes;
  }
}
