const ROUNDS = 80;
const BLOCK_BYTES = 64;
/** Bytes of message that fit one block beside the mark that ends it and its length. */
export const ONE_BLOCK_BYTES_MAX = BLOCK_BYTES - 9;
export const SHA1_BYTES = 20;

/**
 * SHA-1 (FIPS 180-4) of a message that fits one block, for Community IDs: two connections' ends are 16 or 40 bytes,
 * and for so little a call into the crypto library takes longer than the hash.
 */
export class Sha1Block {
  readonly #words = new Int32Array(ROUNDS);

  /** Puts the 20 bytes of the hash of `message`, at most ONE_BLOCK_BYTES_MAX bytes, into `hash`. */
  hash(message: Uint8Array, hash: Uint8Array): void {
    const words = this.#words;
    this.#expand(message);
    let a = 0x67452301;
    let b = 0xefcdab89 | 0;
    let c = 0x98badcfe | 0;
    let d = 0x10325476;
    let e = 0xc3d2e1f0 | 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const mixed = ((a << 5) | (a >>> 27)) + e + (words[round] ?? 0) + choice(round, b, c, d);
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = mixed | 0;
    }
    putWord(hash, 0, 0x67452301 + a);
    putWord(hash, 4, 0xefcdab89 + b);
    putWord(hash, 8, 0x98badcfe + c);
    putWord(hash, 12, 0x10325476 + d);
    putWord(hash, 16, 0xc3d2e1f0 + e);
  }

  #expand(message: Uint8Array): void {
    const words = this.#words;
    const { length } = message;
    if (length > ONE_BLOCK_BYTES_MAX) throw new RangeError(`${length} bytes do not fit one block`);
    words.fill(0, 0, 16);
    for (let at = 0; at < length; at += 1) words[at >>> 2] = (words[at >>> 2] ?? 0) | byteInWord(message[at] ?? 0, at);
    words[length >>> 2] = (words[length >>> 2] ?? 0) | byteInWord(0x80, length);
    words[15] = length * 8;
    for (let at = 16; at < ROUNDS; at += 1) {
      const mixed = (words[at - 3] ?? 0) ^ (words[at - 8] ?? 0) ^ (words[at - 14] ?? 0) ^ (words[at - 16] ?? 0);
      words[at] = (mixed << 1) | (mixed >>> 31);
    }
  }
}

function choice(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

/** Big-endian. */
function byteInWord(byte: number, at: number): number {
  return byte << (24 - 8 * (at & 3));
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
