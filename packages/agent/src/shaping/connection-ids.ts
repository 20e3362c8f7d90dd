import { ipBytes } from '@portledger/format';
import { ADDRESSES_MAX, CONNECTION_IDS_MAX } from '../limits.ts';
import { BoundedCache } from '../process/bounded-cache.ts';
import { SHA1_BYTES, Sha1Block } from './sha1-block.ts';

const IPPROTO_TCP = 6;
/** Seed 2, two addresses, protocol 1, padding 1, two ports 4; addresses are of 4 or 16 bytes. */
const FIXED_BYTES = 8;
/** Base64 of a SHA-1. */
const HASH_CHARACTERS = 28;
const VERSION = '1:';
const NO_PLACE = -1;

const BASE64 = Uint8Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  (character) => character.codePointAt(0) ?? 0,
);
const PADDING = 0x3d;

export type Tuple = {
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly destIp: string;
  readonly destPort: number;
};

/**
 * Community IDs (version 1, seed 0) of TCP connections, hashed once a connection: its other side and its end find the
 * id of its beginning. A table of fixed size with one place for each hash of the ports; a newer connection takes the
 * place of an older one, which then is hashed once more. A test holds it to the format's `communityId`.
 */
export class ConnectionIds {
  readonly #sources: (string | undefined)[] = Array.from({ length: CONNECTION_IDS_MAX });
  readonly #dests: (string | undefined)[] = Array.from({ length: CONNECTION_IDS_MAX });
  readonly #ports = new Uint32Array(CONNECTION_IDS_MAX);
  readonly #texts = Buffer.alloc(CONNECTION_IDS_MAX * HASH_CHARACTERS);
  readonly #addresses = new BoundedCache<string, Uint8Array>(ADDRESSES_MAX);
  readonly #four = Buffer.alloc(FIXED_BYTES + 2 * 4);
  readonly #six = Buffer.alloc(FIXED_BYTES + 2 * 16);
  readonly #sha1 = new Sha1Block();
  readonly #hash = new Uint8Array(SHA1_BYTES);

  /** Undefined where an end is no address or the ends are of different families, which no connection's are. */
  id(tuple: Tuple): string | undefined {
    const place = this.#place(tuple);
    if (place === NO_PLACE) return undefined;
    const begin = place * HASH_CHARACTERS;
    return VERSION + this.#texts.toString('latin1', begin, begin + HASH_CHARACTERS);
  }

  /** Writes the id over another one that begins at `at`; false, and nothing written, where there is none. */
  put(tuple: Tuple, bytes: Uint8Array, at: number): boolean {
    const place = this.#place(tuple);
    if (place === NO_PLACE) return false;
    const texts = this.#texts;
    const from = place * HASH_CHARACTERS;
    const to = at + VERSION.length;
    for (let offset = 0; offset < HASH_CHARACTERS; offset += 1) bytes[to + offset] = texts[from + offset] ?? 0;
    return true;
  }

  #place(tuple: Tuple): number {
    const { sourceIp, sourcePort, destIp, destPort } = tuple;
    const place = (sourcePort ^ Math.imul(destPort, 0x9e3779b1)) & (CONNECTION_IDS_MAX - 1);
    const ports = ((sourcePort << 16) | destPort) >>> 0;
    if (this.#ports[place] === ports && this.#sources[place] === sourceIp && this.#dests[place] === destIp) {
      return place;
    }
    if (!this.#hashEnds(tuple)) return NO_PLACE;
    this.#ports[place] = ports;
    this.#sources[place] = sourceIp;
    this.#dests[place] = destIp;
    putBase64(this.#texts, place * HASH_CHARACTERS, this.#hash);
    return place;
  }

  #hashEnds({ sourceIp, sourcePort, destIp, destPort }: Tuple): boolean {
    const source = this.#bytes(sourceIp);
    const dest = this.#bytes(destIp);
    if (source === undefined || dest?.length !== source.length) return false;
    const forward = (compareBytes(source, dest) || sourcePort - destPort) <= 0;
    const size = source.length;
    const text = size === 4 ? this.#four : this.#six;
    putBytes(text, 2, forward ? source : dest);
    putBytes(text, 2 + size, forward ? dest : source);
    text[2 + 2 * size] = IPPROTO_TCP;
    putPort(text, 4 + 2 * size, forward ? sourcePort : destPort);
    putPort(text, 6 + 2 * size, forward ? destPort : sourcePort);
    this.#sha1.hash(text, this.#hash);
    return true;
  }

  #bytes(ip: string): Uint8Array | undefined {
    const known = this.#addresses.peek(ip);
    if (known !== undefined) return known;
    const bytes = ipBytes(ip);
    if (bytes !== undefined) this.#addresses.set(ip, bytes);
    return bytes;
  }
}

// Of so few bytes a call into the runtime would take longer than the work.

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < a.length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function putBytes(bytes: Uint8Array, at: number, from: Uint8Array): void {
  for (let offset = 0; offset < from.length; offset += 1) bytes[at + offset] = from[offset] ?? 0;
}

function putPort(bytes: Uint8Array, at: number, port: number): void {
  bytes[at] = port >>> 8;
  bytes[at + 1] = port;
}

/** 20 bytes: six groups of three and one of two. */
function putBase64(text: Uint8Array, at: number, bytes: Uint8Array): void {
  let to = at;
  for (let from = 0; from < SHA1_BYTES; from += 3) {
    const group = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    text[to] = BASE64[group >>> 18] ?? 0;
    text[to + 1] = BASE64[(group >>> 12) & 63] ?? 0;
    text[to + 2] = BASE64[(group >>> 6) & 63] ?? 0;
    text[to + 3] = BASE64[group & 63] ?? 0;
    to += 4;
  }
  text[to - 1] = PADDING;
}
